// `overtake-bench replay`: a trace, recorded or generated, against a running server.

#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/command.h"
#include "bench/machine.h"
#include "bench/memory/replay_flags.h"
#include "bench/memory/replayer.h"
#include "bench/memory/server_stats.h"
#include "bench/memory/trace_file.h"
#include "bench/memory/trace_format.h"
#include "bench/memory/workload.h"
#include "bench/progress.h"
#include "bench/summary.h"
#include "bench/table.h"

namespace overtake::bench {
namespace {

class ReplayCommand {
 public:
  void AddTo(CLI::App& command);
  absl::Status Run();

 private:
  absl::StatusOr<std::unique_ptr<RequestSource>> Source() const;
  void Print(const ReplayResult& result, const StoreFigures* store) const;
  nlohmann::json Json(const ReplayResult& result, const StoreFigures* store) const;

  ReplayOptions replay_;
  TraceFileOptions trace_;
  std::string workload_;
  std::optional<uint64_t> requests_, keys_;
  std::optional<double> exponent_, mu_, sigma_, rate_;
  uint64_t seed_ = 1;
  std::string json_;
};

void ReplayCommand::AddTo(CLI::App& command) {
  command.add_option("--host", replay_.endpoint.host, "IPv4 address")->capture_default_str();
  command.add_option("-p,--port", replay_.endpoint.port, "Port")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  CLI::Option* const trace = command.add_option("--trace", trace_.path,
                                                "File of requests, plain or gzipped; one of this "
                                                "and --workload is needed");
  command.add_option("--format", trace_.format, "Of the trace")
      ->check(CLI::IsMember(
          std::vector<std::string>(std::begin(kTraceFormats), std::end(kTraceFormats))))
      ->needs(trace)
      ->capture_default_str();
  command
      .add_option("--speed-up", trace_.speed_up,
                  "Let the trace's time pass so many times faster, and divide its TTLs by it "
                  "(default: no waiting, TTLs as they are)")
      ->check(CLI::Range(1e-3, 1e6))
      ->needs(trace);
  CLI::Option* const workload =
      command.add_option("--workload", workload_, "Generate the requests")
          ->check(CLI::IsMember(
              std::vector<std::string>(std::begin(kWorkloadNames), std::end(kWorkloadNames))))
          ->excludes(trace);
  command.add_option("--requests", requests_, "How many (default of these: the workload's)")
      ->check(CLI::Range(uint64_t{1}, uint64_t{10'000'000'000}))
      ->needs(workload);
  command.add_option("--keys", keys_, "Different keys, apart from scans")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}))
      ->needs(workload);
  command.add_option("--exponent", exponent_, "Of Zipf's law")
      ->check(CLI::Range(0.01, 10.0))
      ->needs(workload);
  command.add_option("--mu", mu_, "Mean of the logarithm of a value's bytes")
      ->check(CLI::Range(0.0, 13.0))
      ->needs(workload);
  command.add_option("--sigma", sigma_, "Its standard deviation")
      ->check(CLI::Range(0.0, 5.0))
      ->needs(workload);
  command.add_option("--rate", rate_, "Requests a second; 0: as many as are answered")
      ->check(CLI::Range(0.0, 1e8))
      ->needs(workload);
  command.add_option("--seed", seed_, "Of the generator: the same seed, the same requests")
      ->needs(workload)
      ->capture_default_str();
  AddReplayFlags(command, &replay_);
  command.add_option("--json", json_, "Also write the results here (\"-\": only, to stdout)");
}

absl::StatusOr<std::unique_ptr<RequestSource>> ReplayCommand::Source() const {
  if (!trace_.path.empty()) {
    if (trace_.speed_up.has_value() && !std::isfinite(*trace_.speed_up)) {
      return absl::InvalidArgumentError("--speed-up must be a number");
    }
    return OpenTrace(trace_);
  }
  if (workload_.empty()) {
    return absl::InvalidArgumentError("one of --trace and --workload is needed");
  }
  // CLI11's ranges let "nan" through.
  for (const auto& number : {exponent_, mu_, sigma_, rate_}) {
    if (number.has_value() && !std::isfinite(*number)) {
      return absl::InvalidArgumentError("--exponent, --mu, --sigma and --rate must be numbers");
    }
  }
  Workload workload = DefaultWorkload(workload_);
  workload.keys = keys_.value_or(workload.keys);
  workload.exponent = exponent_.value_or(workload.exponent);
  workload.mu = mu_.value_or(workload.mu);
  workload.sigma = sigma_.value_or(workload.sigma);
  workload.requests = requests_.value_or(workload.requests);
  workload.rate = rate_.value_or(workload.rate);
  workload.seed = seed_;
  return MakeSource(workload);
}

absl::Status ReplayCommand::Run() {
  const auto source = Source();
  if (!source.ok()) return source.status();
  ReplayResult result;
  absl::Status status;
  {
    LiveLine line;
    status = Replay(
        replay_, **source,
        [&line](const ReplayResult& so_far) {
          line.Show(absl::StrFormat("%.0f s, %s requests, hit ratio %.4f", so_far.seconds,
                                    ToString(static_cast<double>(so_far.counts.requests)),
                                    so_far.counts.HitRatio()));
          return absl::OkStatus();
        },
        &result);
  }
  const auto store = AskStoreFigures(replay_.endpoint);
  const StoreFigures* const figures = store.ok() ? &*store : nullptr;
  if (result.counts.requests == 0 && !status.ok()) return status;
  if (json_ != "-") Print(result, figures);
  if (!status.ok() && json_ != "-") std::cout << "INCOMPLETE: " << status.message() << std::endl;
  if (!json_.empty()) {
    nlohmann::json document = Json(result, figures);
    document["complete"] = status.ok();
    status.Update(WriteJson(json_, document));
  }
  return status;
}

void ReplayCommand::Print(const ReplayResult& result, const StoreFigures* store) const {
  const auto count = [](uint64_t value) { return ToString(static_cast<double>(value)); };
  TextTable table({"requests", "gets", "hit ratio", "sets", "refused", "deletes", "items",
                   "evictions", "seconds"});
  table.AddRow({count(result.counts.requests), count(result.counts.gets),
                absl::StrFormat("%.4f", result.counts.HitRatio()), count(result.counts.sets),
                count(result.counts.refused), count(result.counts.deletes),
                store != nullptr ? count(store->items) : "-",
                store != nullptr ? count(store->evictions) : "-",
                absl::StrFormat("%.1f", result.seconds)});
  std::cout << table.ToString() << std::flush;
}

nlohmann::json ReplayCommand::Json(const ReplayResult& result, const StoreFigures* store) const {
  nlohmann::json document = ToJson(result);
  if (store != nullptr) document["store"] = ToJson(*store);
  document["machine"] = MachineJson();
  if (trace_.path.empty()) {
    document["workload"] = workload_;
    document["seed"] = seed_;
  } else {
    document["trace"] = trace_.path;
  }
  return document;
}

}  // namespace

void AddReplayCommand(CLI::App& app, absl::Status* outcome) {
  auto command = std::make_shared<ReplayCommand>();
  CLI::App* sub = app.add_subcommand(
      "replay",
      absl::StrCat("Replay a trace against a running server: get, and on a miss set. Workloads: ",
                   absl::StrJoin(kWorkloadNames, ", ")));
  command->AddTo(*sub);
  sub->callback([command, outcome] { *outcome = command->Run(); });
}

}  // namespace overtake::bench
