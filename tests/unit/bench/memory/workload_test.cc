#include "bench/memory/workload.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "bench/distributions.h"
#include "bench/memory/value.h"

namespace overtake::bench {
namespace {

using Op = TraceRequest::Op;

std::vector<TraceRequest> All(const Workload& workload) {
  const auto source = MakeSource(workload);
  std::vector<TraceRequest> requests;
  TraceRequest request;
  while (*source->Next(&request)) requests.push_back(request);
  return requests;
}

Workload Small(absl::string_view name) {
  Workload workload = DefaultWorkload(name);
  workload.requests = 200'000;
  workload.keys = 20'000;
  return workload;
}

TEST(ZipfTest, FollowsItsLaw) {
  constexpr int kDraws = 400'000;
  constexpr uint64_t kRanks = 1000;
  for (const double exponent : {0.5, 0.9, 1.0, 1.3}) {
    const ZipfDistribution zipf(kRanks, exponent);
    std::mt19937_64 random(1);
    std::vector<int> counts(kRanks + 1);
    for (int i = 0; i < kDraws; ++i) {
      const uint64_t rank = zipf(random);
      ASSERT_GE(rank, 1U);
      ASSERT_LE(rank, kRanks);
      ++counts[rank];
    }
    double sum = 0;
    for (uint64_t rank = 1; rank <= kRanks; ++rank) sum += std::pow(rank, -exponent);
    for (const uint64_t rank : {1, 2, 3, 10, 100, 999, 1000}) {
      const double wanted = kDraws * std::pow(rank, -exponent) / sum;
      EXPECT_NEAR(counts[rank], wanted, 5 * std::sqrt(wanted)) << exponent << " at " << rank;
    }
  }
}

TEST(ZipfTest, OfOneKeyIsThatKey) {
  const ZipfDistribution zipf(1, 0.9);
  std::mt19937_64 random(1);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(zipf(random), 1U);
}

TEST(LogNormalTest, HasItsMeanAndKeepsItsBounds) {
  constexpr double kMu = 4.3, kSigma = 0.8;
  constexpr int kIds = 200'000;
  double sum = 0, logs = 0;
  for (int id = 0; id < kIds; ++id) {
    const uint32_t size = LogNormalSize(kMu, kSigma, 1, id);
    EXPECT_EQ(size, LogNormalSize(kMu, kSigma, 1, id));
    sum += size;
    logs += std::log(size);
  }
  EXPECT_NEAR(sum / kIds, std::exp(kMu + kSigma * kSigma / 2), 1);
  EXPECT_NEAR(logs / kIds, kMu, 0.01);
  EXPECT_EQ(LogNormalSize(0, 0, 1, 1), 1U);
  EXPECT_EQ(LogNormalSize(30, 0, 1, 1), 1'000'000U);
}

TEST(WorkloadTest, IsDrawnFromItsSeedAlone) {
  for (absl::string_view name : kWorkloadNames) {
    Workload workload = Small(name);
    workload.requests = 1000;
    const auto one = All(workload);
    const auto same = All(workload);
    workload.seed = 2;
    const auto other = All(workload);
    ASSERT_EQ(one.size(), 1000U) << name;
    size_t differing = 0;
    for (size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(one[i].key, same[i].key);
      EXPECT_EQ(one[i].value_bytes, same[i].value_bytes);
      EXPECT_EQ(one[i].op, same[i].op);
      if (one[i].key != other[i].key || one[i].value_bytes != other[i].value_bytes) ++differing;
      EXPECT_GE(one[i].key.size(), 15U);
      EXPECT_LE(one[i].key.size(), 19U);
    }
    EXPECT_GT(differing, 500U) << name;
  }
}

TEST(WorkloadTest, FillNeverRepeatsAKey) {
  std::set<std::string> keys;
  for (const TraceRequest& request : All(Small("fill"))) {
    EXPECT_EQ(request.op, Op::kSet);
    EXPECT_EQ(request.key.size(), 19U);
    EXPECT_TRUE(keys.insert(request.key).second);
  }
}

TEST(WorkloadTest, KeysKeepTheirSizes) {
  for (absl::string_view name : {"zipf", "scan", "shift", "ttl", "objects"}) {
    std::map<std::string, std::pair<uint32_t, uint32_t>> seen;
    for (const TraceRequest& request : All(Small(name))) {
      const std::pair<uint32_t, uint32_t> now = {request.value_bytes, request.ttl_s};
      EXPECT_EQ(seen.emplace(request.key, now).first->second, now) << name << request.key;
    }
  }
}

TEST(WorkloadTest, ShiftGrowsValuesHalfWay) {
  const auto requests = All(Small("shift"));
  std::map<std::string, uint32_t> first, second;
  for (size_t i = 0; i < requests.size(); ++i) {
    (i < requests.size() / 2 ? first : second)[requests[i].key] = requests[i].value_bytes;
  }
  const auto mean = [](const std::map<std::string, uint32_t>& sizes) {
    double sum = 0;
    for (const auto& [key, size] : sizes) sum += size;
    return sum / static_cast<double>(sizes.size());
  };
  for (const auto& [key, size] : second) EXPECT_FALSE(first.contains(key));
  EXPECT_NEAR(mean(first), 101, 5);
  EXPECT_NEAR(mean(second), 20 * 101, 150);
}

TEST(WorkloadTest, ScanMixesKeysThatNeverComeAgain) {
  std::map<std::string, int> counts;
  const auto requests = All(Small("scan"));
  for (const TraceRequest& request : requests) ++counts[request.key];
  int once_only = 0;
  for (const auto& [key, count] : counts) {
    if (key.front() != 'o') continue;
    EXPECT_EQ(count, 1);
    ++once_only;
  }
  EXPECT_EQ(once_only, static_cast<int>(requests.size()) * 2 / 5);
}

TEST(WorkloadTest, TtlIsPacedAndMixed) {
  std::map<uint32_t, std::set<std::string>> keys;
  const auto requests = All(Small("ttl"));
  for (const TraceRequest& request : requests) keys[request.ttl_s].insert(request.key);
  ASSERT_EQ(keys.size(), 4U);
  for (const auto& [ttl, some] : keys) {
    EXPECT_NEAR(static_cast<double>(some.size()), static_cast<double>(keys[0].size()), 400) << ttl;
  }
  EXPECT_NEAR(requests.back().due_s, 2, 0.001);
}

TEST(WorkloadTest, HalfOfOverwriteIsSetsOfAnySize) {
  std::map<std::string, std::set<uint32_t>> sizes;
  int sets = 0;
  const auto requests = All(Small("overwrite"));
  for (const TraceRequest& request : requests) {
    if (request.op != Op::kSet) continue;
    ++sets;
    sizes[request.key].insert(request.value_bytes);
  }
  EXPECT_NEAR(sets, static_cast<double>(requests.size()) / 2, 1500);
  EXPECT_GT(sizes["k000000000000001"].size(), 50U);  // of rank 1, whose key has 16 bytes
}

TEST(WorkloadTest, ObjectsAreBlocks) {
  std::set<uint32_t> sizes;
  for (const TraceRequest& request : All(Small("objects"))) {
    EXPECT_EQ(request.value_bytes % 512, 0U);
    sizes.insert(request.value_bytes);
  }
  EXPECT_EQ(*sizes.begin(), 512U);
  EXPECT_EQ(*sizes.rbegin(), 64U * 1024);
}

TEST(WorkloadTest, FillIsTwiceWhatCouldFit) {
  EXPECT_NEAR(static_cast<double>(FillRequests(4.3, 0.8, 64)), 2.0 * (64 << 20) / 120.5, 5000);
}

TEST(ValueTest, BelongsToItsKeyAndLength) {
  for (const size_t bytes : {0, 1, 7, 8, 9, 15, 16, 17, 18, 100, 4096, 70'000}) {
    std::string value;
    AppendValue("key", bytes, &value);
    ASSERT_EQ(value.size(), bytes);
    EXPECT_TRUE(IsValueOf("key", value)) << bytes;
    if (bytes < 4) continue;  // so short that others may be the same by chance
    EXPECT_FALSE(IsValueOf("yek", value)) << bytes;
    EXPECT_FALSE(IsValueOf("key", absl::string_view(value).substr(1))) << bytes;
    EXPECT_FALSE(IsValueOf("key", absl::string_view(value).substr(0, bytes - 1))) << bytes;
    for (const size_t at : {size_t{0}, bytes / 2, bytes - 1}) {
      std::string damaged = value;
      damaged[at] ^= 1;
      EXPECT_FALSE(IsValueOf("key", damaged)) << bytes << " at " << at;
    }
  }
}

}  // namespace
}  // namespace overtake::bench
