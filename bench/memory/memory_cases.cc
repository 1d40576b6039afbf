#include "bench/memory/memory_cases.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/summary.h"

namespace overtake::bench {
namespace {

std::string Count(uint64_t number) { return ToString(static_cast<double>(number)); }

std::string Popularity(const Workload& workload) {
  return absl::StrFormat("Zipf(%g) over %s keys", workload.exponent, Count(workload.keys));
}

std::string Sizes(const Workload& workload) {
  return absl::StrFormat("log-normal values (mu %.1f, sigma %.1f)", workload.mu, workload.sigma);
}

MemoryCase Fill(double mu) {
  MemoryCase fill;
  fill.workload = DefaultWorkload("fill");
  fill.memories_mb = {64, 256};
  fill.workload.mu = mu;
  const double mean = std::exp(mu + fill.workload.sigma * fill.workload.sigma / 2);
  fill.name = absl::StrFormat("fill-%.0f", mean);
  fill.description = absl::StrFormat(
      "sets of 19-byte keys, each once, twice as many as could fit; %s, %.0f bytes "
      "on average",
      Sizes(fill.workload), mean);
  return fill;
}

std::vector<MemoryCase> MakeCases() {
  std::vector<MemoryCase> cases;
  const auto add = [&](absl::string_view name, std::vector<int> memories_mb) -> MemoryCase& {
    cases.emplace_back();
    cases.back().name = std::string(name);
    cases.back().workload = DefaultWorkload(name);
    cases.back().memories_mb = std::move(memories_mb);
    const Workload& workload = cases.back().workload;
    cases.back().description = absl::StrCat(Count(workload.requests), " requests, ",
                                            Popularity(workload), ", ", Sizes(workload));
    return cases.back();
  };
  add("zipf", {8, 16, 24, 32, 48, 64});
  for (const double mu : {3.0, 4.3, 5.5}) cases.push_back(Fill(mu));
  absl::StrAppend(&add("scan", {16, 32}).description,
                  "; two in five scan keys that never come again");
  absl::StrAppend(&add("shift", {32, 64}).description,
                  "; half-way to a tenth as many other keys with values 20 times as large");
  absl::StrAppend(&add("ttl", {16, 32}).description,
                  "; a quarter of the keys each lives 2, 4 and 8 s and for ever; 100,000 requests "
                  "a second");
  absl::StrAppend(&add("overwrite", {16, 32}).description,
                  "; half of them sets of any size, whether there or not");
  MemoryCase& objects = add("objects", {64});
  objects.description =
      absl::StrCat(Count(objects.workload.requests), " requests, ", Popularity(objects.workload),
                   " and their neighbours, values of 512 B to 64 KB, log-uniform");
  return cases;
}

}  // namespace

const std::vector<MemoryCase>& MemoryCases() {
  static const auto* const cases = new std::vector<MemoryCase>(MakeCases());
  return *cases;
}

Workload WorkloadOf(const MemoryCase& memory_case, int memory_mb, uint64_t seed) {
  Workload workload = memory_case.workload;
  workload.seed = seed;
  if (workload.kind == Workload::Kind::kFill) {
    workload.requests = FillRequests(workload.mu, workload.sigma, memory_mb);
  }
  return workload;
}

}  // namespace overtake::bench
