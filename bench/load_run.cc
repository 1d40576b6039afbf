#include "bench/load_run.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/clock.h"
#include "bench/preload.h"

namespace overtake::bench {
namespace {

constexpr int64_t kHeadStartNs = 20 * kNsPerMs;  // for the threads to be up when the first is due
constexpr std::chrono::milliseconds kTick(100);

// Distinct streams of random numbers for the classes and for what is drawn for each.
uint64_t SeedOf(uint64_t seed, size_t class_index, uint64_t purpose) {
  return seed * 1'000'003 + class_index * 101 + purpose;
}

KeyRing RingOf(const LoadOptions& options, size_t class_index) {
  return KeyRing(options.classes[class_index], SeedOf(options.seed, class_index, 1));
}

absl::Status InClass(const LoadClass& load, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(load.name, " requests: ", status.message()));
}

// One class with what its thread needs.
struct Sender {
  Sender(const LoadOptions& options, size_t class_index) : ring(RingOf(options, class_index)) {}

  KeyRing ring;
  std::unique_ptr<Generator> generator;
  absl::Status status;
  std::atomic<bool> done{false};
  std::thread thread;
};

}  // namespace

absl::Status PreloadAll(const LoadOptions& options) {
  for (size_t i = 0; i < options.classes.size(); ++i) {
    const absl::Status status = Preload(options.endpoint, options.classes[i], RingOf(options, i));
    if (!status.ok()) return InClass(options.classes[i], status);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ClassResult>> RunLoad(const LoadOptions& options,
                                                 absl::FunctionRef<absl::Status()> tick) {
  std::vector<std::unique_ptr<Sender>> senders;
  for (size_t i = 0; i < options.classes.size(); ++i) {
    auto sender = std::make_unique<Sender>(options, i);
    absl::StatusOr<std::unique_ptr<Generator>> generator =
        Generator::Create(options.endpoint, options.classes[i], sender->ring, options.warmup_ns,
                          options.duration_ns, SeedOf(options.seed, i, 2));
    if (!generator.ok()) return InClass(options.classes[i], generator.status());
    sender->generator = *std::move(generator);
    senders.push_back(std::move(sender));
  }

  std::atomic<bool> stop{false};
  const int64_t start_ns = NowNs() + kHeadStartNs;
  for (const auto& sender : senders) {
    sender->thread = std::thread([&stop, start_ns, sender = sender.get()] {
      sender->status = sender->generator->Run(start_ns, stop);
      if (!sender->status.ok()) stop.store(true);
      sender->done.store(true);
    });
  }

  absl::Status status;
  for (const auto& sender : senders) {
    while (!sender->done.load()) {
      std::this_thread::sleep_for(kTick);
      if (!stop.load()) status = tick();
      if (!status.ok()) stop.store(true);
    }
  }
  std::vector<ClassResult> results;
  for (const auto& sender : senders) {
    sender->thread.join();
    const absl::Status own = InClass(sender->generator->result().load, sender->status);
    if (!own.ok() && (status.ok() || absl::IsCancelled(status))) status = own;
    results.push_back(sender->generator->result());
  }
  if (!status.ok()) return status;
  return results;
}

}  // namespace overtake::bench
