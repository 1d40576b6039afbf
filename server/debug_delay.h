// Requests that take as long as they are asked to: a service time to measure architectures with.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace overtake {

// What `debug spin <µs>` and `debug sleep <µs>` ask for.
struct DebugDelay {
  enum class Kind : uint8_t {
    kSpin,   // uses a processor for that long; a thread that is interrupted finishes later
    kSleep,  // keeps its thread for that long, and no processor
  };

  // No request may ask for more.
  static constexpr uint64_t kMaxMicros = 10'000'000;

  Kind kind;
  uint64_t micros;

  // From the arguments of `debug`, with spaces around and between them. Nothing when they are not
  // one of the above with a number from 0 to kMaxMicros.
  static std::optional<DebugDelay> Parse(std::string_view arguments);

  // Returns after that time, in the calling thread.
  void Run() const;
};

}  // namespace overtake
