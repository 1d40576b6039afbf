#include "bench/memory/workload.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <random>

#include "bench/distributions.h"

namespace overtake::bench {
namespace {

constexpr size_t kFillKeyBytes = 19;
constexpr size_t kShortestKey = 15;
constexpr size_t kKeyLengths = 4;

constexpr uint64_t kScanPeriod = 100'000;                // requests
constexpr uint64_t kScanLength = 40'000;                 // of them, at the end
constexpr double kShiftFactor = 20;                      // of value sizes
constexpr uint64_t kShiftFewer = 10;                     // keys
constexpr std::array<uint32_t, 4> kTtls = {2, 4, 8, 0};  // s
constexpr double kBlock = 512;                           // bytes
constexpr double kMostBlocks = 128;                      // of an object
constexpr uint64_t kRunOneIn = 4;  // objects of a run after which it ends, on average

// Different families of keys never meet.
enum class Family : char { kMain = 'k', kOnce = 'o', kLarge = 'l' };

void WriteKey(Family family, uint64_t id, size_t bytes, std::string* key) {
  key->assign(bytes, '0');
  key->front() = static_cast<char>(family);
  for (size_t at = bytes - 1; id > 0 && at > 0; --at, id /= 10) (*key)[at] = '0' + id % 10;
}

class Generator : public RequestSource {
 public:
  explicit Generator(const Workload& workload)
      : workload_(workload),
        random_(workload.seed),
        ranks_(std::max<uint64_t>(1, workload.keys), workload.exponent > 0 ? workload.exponent : 1),
        large_ranks_(std::max<uint64_t>(1, workload.keys / kShiftFewer),
                     workload.exponent > 0 ? workload.exponent : 1) {}

  absl::StatusOr<bool> Next(TraceRequest* request) override {
    if (made_ == workload_.requests) return false;
    request->op = TraceRequest::Op::kGet;
    request->fill = true;
    request->ttl_s = 0;
    request->due_s = workload_.rate > 0 ? static_cast<double>(made_) / workload_.rate : 0;
    Draw(request);
    ++made_;
    return true;
  }

 private:
  void Draw(TraceRequest* request);

  // One of the popular keys, with the size that belongs to it.
  uint64_t DrawKey(TraceRequest* request) {
    const uint64_t rank = ranks_(random_);
    SetKey(Family::kMain, rank, request);
    request->value_bytes = SizeOf(workload_.mu, rank);
    return rank;
  }
  void DrawFill(TraceRequest* request);
  void DrawScan(TraceRequest* request);
  void DrawShift(TraceRequest* request);
  void DrawObject(TraceRequest* request);

  static void SetKey(Family family, uint64_t id, TraceRequest* request) {
    WriteKey(family, id, kShortestKey + id % kKeyLengths, &request->key);
  }
  uint32_t SizeOf(double mu, uint64_t id) const {
    return LogNormalSize(mu, workload_.sigma, workload_.seed, id);
  }

  const Workload workload_;
  std::mt19937_64 random_;
  const ZipfDistribution ranks_;
  const ZipfDistribution large_ranks_;  // kShift, second half
  uint64_t made_ = 0;
  uint64_t scanned_ = 0;
  uint64_t object_ = 0;  // kObjects: the last one
};

void Generator::Draw(TraceRequest* request) {
  switch (workload_.kind) {
    case Workload::Kind::kZipf:
      DrawKey(request);
      return;
    case Workload::Kind::kFill:
      return DrawFill(request);
    case Workload::Kind::kScan:
      return DrawScan(request);
    case Workload::Kind::kShift:
      return DrawShift(request);
    case Workload::Kind::kTtl:
      request->ttl_s = kTtls[Mix(workload_.seed, DrawKey(request), 3) % kTtls.size()];
      return;
    case Workload::Kind::kOverwrite: {
      // Both size and kind belong to the request, not to the key.
      DrawKey(request);
      const uint64_t coin = random_();
      if (coin % 2 == 0) request->op = TraceRequest::Op::kSet;
      request->value_bytes = SizeOf(workload_.mu, coin);
      return;
    }
    case Workload::Kind::kObjects:
      return DrawObject(request);
  }
}

void Generator::DrawFill(TraceRequest* request) {
  request->op = TraceRequest::Op::kSet;
  WriteKey(Family::kOnce, made_, kFillKeyBytes, &request->key);
  request->value_bytes = SizeOf(workload_.mu, made_);
}

void Generator::DrawScan(TraceRequest* request) {
  if (made_ % kScanPeriod < kScanPeriod - kScanLength) {
    DrawKey(request);
    return;
  }
  ++scanned_;
  SetKey(Family::kOnce, scanned_, request);
  request->value_bytes = SizeOf(workload_.mu, ~scanned_);
}

void Generator::DrawShift(TraceRequest* request) {
  if (made_ < workload_.requests / 2) {
    DrawKey(request);
    return;
  }
  const uint64_t rank = large_ranks_(random_);
  SetKey(Family::kLarge, rank, request);
  request->value_bytes = SizeOf(workload_.mu + std::log(kShiftFactor), ~rank);
}

void Generator::DrawObject(TraceRequest* request) {
  const bool run_goes_on = object_ != 0 && random_() % kRunOneIn != 0;
  object_ = run_goes_on ? object_ % workload_.keys + 1 : ranks_(random_);
  // Ranks lie scattered, so that a popular object's neighbours are any objects.
  const uint64_t scattered = run_goes_on ? object_ : Mix(workload_.seed, object_) % workload_.keys;
  object_ = std::max<uint64_t>(1, scattered);
  SetKey(Family::kMain, object_, request);
  const double blocks =
      std::exp(UniformFrom(Mix(workload_.seed, object_, 4)) * std::log(kMostBlocks + 1));
  request->value_bytes =
      static_cast<uint32_t>(kBlock * std::clamp(std::floor(blocks), 1.0, kMostBlocks));
}

}  // namespace

Workload DefaultWorkload(absl::string_view name) {
  const auto* const found = std::find(std::begin(kWorkloadNames), std::end(kWorkloadNames), name);
  Workload workload{.kind = static_cast<Workload::Kind>(found - std::begin(kWorkloadNames)),
                    .requests = 1'500'000,
                    .keys = 400'000,
                    .exponent = 0.9,
                    .mu = 4.3,
                    .sigma = 0.8};
  switch (workload.kind) {
    case Workload::Kind::kFill:
      workload.requests = FillRequests(workload.mu, workload.sigma, 64);
      break;
    case Workload::Kind::kScan:
      workload.keys = 100'000;
      break;
    case Workload::Kind::kTtl:
      workload.rate = 100'000;
      break;
    case Workload::Kind::kObjects:
      workload.requests = 114'000;
      workload.keys = 49'000;
      break;
    default:
      break;
  }
  return workload;
}

uint64_t FillRequests(double mu, double sigma, int memory_mb) {
  const double payload = kFillKeyBytes + std::exp(mu + sigma * sigma / 2);
  return static_cast<uint64_t>(2 * memory_mb * double{1 << 20} / payload);
}

std::unique_ptr<RequestSource> MakeSource(const Workload& workload) {
  return std::make_unique<Generator>(workload);
}

}  // namespace overtake::bench
