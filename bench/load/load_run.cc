#include "bench/load/load_run.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/clock.h"
#include "bench/distributions.h"
#include "bench/load/key_ring.h"
#include "bench/load/preload.h"
#include "bench/load/request_text.h"

namespace overtake::bench {
namespace {

constexpr int64_t kHeadStartNs = 20 * kNsPerMs;  // for the threads to be up when the first is due
constexpr std::chrono::milliseconds kTick(100);

absl::Status InClass(const LoadClass& load, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(load.name, " requests: ", status.message()));
}

// The first class of each key space.
std::vector<const LoadClass*> Spaces(const std::vector<LoadClass>& classes) {
  std::vector<const LoadClass*> spaces;
  for (const LoadClass& load : classes) {
    const bool known = std::any_of(spaces.begin(), spaces.end(), [&](const LoadClass* other) {
      return other->key_space() == load.key_space();
    });
    if (load.has_keys() && !known) spaces.push_back(&load);
  }
  return spaces;
}

bool AnyDeletes(const std::vector<LoadClass>& classes, const std::string& space) {
  return std::any_of(classes.begin(), classes.end(), [&](const LoadClass& load) {
    return load.kind == RequestKind::kDelete && load.key_space() == space;
  });
}

// One class with what its thread needs.
struct Sender {
  Sender(const LoadOptions& options, const LoadClass& load)
      : ring(load.has_keys() ? std::make_optional<KeyRing>(load, options.plan.seed) : std::nullopt),
        text(load, ring.has_value() ? &*ring : nullptr,
             AnyDeletes(options.classes, load.key_space())) {}

  const std::optional<KeyRing> ring;
  const RequestText text;
  std::unique_ptr<Generator> generator;
  absl::Status status;
  std::atomic<bool> done{false};
  std::thread thread;
};
using Senders = std::vector<std::unique_ptr<Sender>>;

absl::StatusOr<Senders> Connected(const LoadOptions& options) {
  Senders senders;
  for (size_t i = 0; i < options.classes.size(); ++i) {
    const LoadClass& load = options.classes[i];
    auto sender = std::make_unique<Sender>(options, load);
    RunPlan plan = options.plan;
    plan.seed = SeedOfClass(options.plan.seed, i);
    auto generator = Generator::Create(options.endpoint, load, sender->text, plan);
    if (!generator.ok()) return InClass(load, generator.status());
    sender->generator = *std::move(generator);
    senders.push_back(std::move(sender));
  }
  return senders;
}

}  // namespace

uint64_t SeedOfClass(uint64_t seed, size_t index) { return Mix(seed, index); }

absl::Status CheckClasses(const std::vector<LoadClass>& classes) {
  for (size_t i = 0; i < classes.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const LoadClass& a = classes[j];
      const LoadClass& b = classes[i];
      if (a.name == b.name) {
        return absl::InvalidArgumentError(absl::StrCat("two classes are called ", a.name));
      }
      if (!a.has_keys() || !b.has_keys() || a.key_space() != b.key_space()) continue;
      if (a.key_count != b.key_count || a.sizes.text() != b.sizes.text()) {
        return absl::InvalidArgumentError(
            absl::StrCat(a.name, " and ", b.name, " share the key space ", a.key_space(),
                         ", so their `count` and `size` must be the same"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status PreloadAll(const LoadOptions& options) {
  for (const LoadClass* load : Spaces(options.classes)) {
    const absl::Status status = Preload(options.endpoint, *load, KeyRing(*load, options.plan.seed));
    if (!status.ok()) return InClass(*load, status);
  }
  return absl::OkStatus();
}

LoadOutcome RunLoad(const LoadOptions& options,
                    absl::FunctionRef<absl::Status(const LoadProgress&)> tick) {
  LoadOutcome outcome;
  auto connected = Connected(options);
  outcome.status = connected.status();
  if (!outcome.status.ok()) return outcome;
  const Senders& senders = *connected;

  std::atomic<bool> stop{false};
  const int64_t start_ns = outcome.start_ns = NowNs() + kHeadStartNs;
  for (const auto& sender : senders) {
    sender->thread = std::thread([&stop, start_ns, sender = sender.get()] {
      sender->status = sender->generator->Run(start_ns, stop);
      if (!sender->status.ok()) stop.store(true);
      sender->done.store(true);
    });
  }

  for (const auto& sender : senders) {
    while (!sender->done.load()) {
      std::this_thread::sleep_for(kTick);
      LoadProgress progress;
      progress.seconds = static_cast<double>(NowNs() - start_ns) / kNsPerSecond;
      for (const auto& each : senders) progress.answered += each->generator->answered();
      if (!stop.load()) outcome.status = tick(progress);
      if (!outcome.status.ok()) stop.store(true);
    }
  }
  for (const auto& sender : senders) {
    sender->thread.join();
    const absl::Status own = InClass(sender->generator->result().load, sender->status);
    absl::Status& first = outcome.status;
    if (!own.ok() && (first.ok() || absl::IsCancelled(first))) first = own;
    outcome.classes.push_back(sender->generator->result());
  }
  return outcome;
}

}  // namespace overtake::bench
