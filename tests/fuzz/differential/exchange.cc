#include "tests/fuzz/differential/exchange.h"

#include <poll.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string_view>
#include <thread>

#include "tests/fuzz/differential/reply_comparison.h"
#include "tests/fuzz/differential/translation.h"
#include "tests/support/conversation.h"
#include "tests/support/raw_socket.h"

namespace overtake::tests {
namespace {

using Clock = std::chrono::steady_clock;

// Between two pieces, for the servers to see each alone. Nothing depends on whether they do.
constexpr std::chrono::microseconds kBetweenPieces{20};

// memcached reads on as long as its buffer is full, and drops what it has read, unanswered, if the
// end of the stream is among it. So behind a step of that size it gets time to answer first.
constexpr size_t kReferenceBufferBytes = 16384;
constexpr std::chrono::milliseconds kBeforeTheEnd{50};

// A connection to each server.
class Pair {
 public:
  explicit Pair(const ServerPorts& ports)
      : talks_{Conversation(ports.reference), Conversation(ports.ours)} {}

  void Queue(std::string_view to_reference, std::string_view to_ours) {
    talks_[0].Queue(to_reference);
    talks_[1].Queue(to_ours);
    Pump();
  }
  void HalfClose() {
    for (Conversation& talk : talks_) talk.HalfClose();
  }

  // Waits until `finished` holds for both. False when patience runs out.
  template <typename Condition>
  bool WaitForBoth(const Condition& finished, const Patience& patience) {
    auto last_sign = Clock::now();
    for (;;) {
      if (Pump()) last_sign = Clock::now();
      const bool first = finished(talks_[0]), second = finished(talks_[1]);
      if (first && second) return true;
      const auto limit = first || second ? patience.one_silent : patience.both_silent;
      if (Clock::now() > last_sign + limit) return false;
      Poll(!first, !second);
    }
  }

  template <typename Condition>
  bool AnyOf(const Condition& finished) const {
    return finished(talks_[0]) || finished(talks_[1]);
  }
  const std::string& received(size_t i) const { return talks_[i].received(); }
  bool closed(size_t i) const { return talks_[i].closed(); }
  void ForgetReceived() {
    for (Conversation& talk : talks_) talk.ForgetReceived();
  }

 private:
  bool Pump() {
    const bool first = talks_[0].Pump(), second = talks_[1].Pump();
    return first || second;
  }
  void Poll(bool first, bool second) {
    std::array<pollfd, 2> fds = {{{first ? talks_[0].fd() : -1, talks_[0].events(), 0},
                                  {second ? talks_[1].fd() : -1, talks_[1].events(), 0}}};
    poll(fds.data(), fds.size(), 20);
  }

  std::array<Conversation, 2> talks_;
};

class Exchange {
 public:
  Exchange(const ServerPorts& ports, const Patience& patience, ExchangeCounts* counts)
      : ports_(ports), patience_(patience), counts_(counts) {}

  std::optional<Difference> Run(const Stream& stream) {
    ++counts_->streams;
    const Step begin = {.commands = {Command::Text("flush_all\r\nstats reset\r\n")}};
    if (!stream.fresh_servers) RunStep(begin);
    for (size_t i = 0; i < stream.steps.size(); ++i) {
      both_silent_ = false;
      const std::string difference = RunStep(stream.steps[i]);
      if (!difference.empty()) {
        return Difference{i, difference, both_silent_, comparison_.chance()};
      }
    }
    const std::string difference = RunStep({.commands = {Command::Text("stats\r\n")}});
    if (!difference.empty()) return Difference{stream.steps.size(), difference};
    return std::nullopt;
  }

 private:
  std::string RunStep(const Step& step) {
    Pair& pair = PairOf(step.connection);
    std::string to_reference = step.Render(comparison_.book(), CasBook::Side::kReference);
    if (ports_.translate) to_reference = ForReference(to_reference);
    const std::string to_ours = step.Render(comparison_.book(), CasBook::Side::kOurs);
    ++counts_->steps;
    counts_->commands += step.commands.size();
    counts_->bytes_sent += to_reference.size();
    size_t from = 0;
    for (const size_t cut : step.cuts) {
      SendPiece(&pair, to_reference, to_ours, from, cut);
      from = cut;
    }
    // A command that nobody else sends, whose reply ends the step's.
    const std::string opaque = "O" + std::to_string(1'000'000 + counts_->steps % 1'000'000);
    const std::string barrier = step.last ? "" : "md ~ " + opaque + "\r\n";
    pair.Queue(to_reference.substr(std::min(from, to_reference.size())) + barrier,
               to_ours.substr(std::min(from, to_ours.size())) + barrier);
    if (!step.last) AwaitBarrier(&pair, " " + opaque + "\r\n");
    if (step.last) AwaitEnd(&pair, to_reference.size() >= kReferenceBufferBytes);

    std::string difference = comparison_.Compare(pair.received(0), pair.received(1));
    if (difference.empty() && pair.closed(0) != pair.closed(1)) {
      difference = pair.closed(0) ? "memcached closed the connection, we did not"
                                  : "we closed the connection, memcached did not";
    }
    counts_->bytes_compared += pair.received(0).size();
    pair.ForgetReceived();
    if (pair.closed(0) || pair.closed(1)) pairs_.erase(step.connection);
    return difference;
  }

  Pair& PairOf(size_t connection) {
    auto& pair = pairs_[connection];
    if (pair == nullptr) {
      ++counts_->connections;
      pair = std::make_unique<Pair>(ports_);
    }
    return *pair;
  }

  static void SendPiece(Pair* pair, std::string_view to_reference, std::string_view to_ours,
                        size_t from, size_t to) {
    const auto part = [from, to](std::string_view bytes) {
      return bytes.substr(std::min(from, bytes.size()), to - from);
    };
    pair->Queue(part(to_reference), part(to_ours));
    std::this_thread::sleep_for(kBetweenPieces);
  }

  void AwaitBarrier(Pair* pair, const std::string& end) {
    const auto finished = [&end](const Conversation& talk) {
      return talk.closed() || talk.received().ends_with(end);
    };
    if (pair->WaitForBoth(finished, patience_)) return;
    both_silent_ = !pair->AnyOf(finished);
    AwaitEnd(pair, false);
  }

  void AwaitEnd(Pair* pair, bool large) {
    const Patience patience = {.both_silent = patience_.one_silent,
                               .one_silent = patience_.one_silent};
    pair->WaitForBoth([](const Conversation& talk) { return talk.all_sent(); }, patience);
    if (large) std::this_thread::sleep_for(kBeforeTheEnd);
    pair->HalfClose();
    pair->WaitForBoth([](const Conversation& talk) { return talk.closed(); }, patience);
  }

  const ServerPorts ports_;
  const Patience patience_;
  ExchangeCounts* const counts_;
  ReplyComparison comparison_;
  bool both_silent_ = false;
  std::map<size_t, std::unique_ptr<Pair>> pairs_;
};

}  // namespace

void ExchangeCounts::Add(const ExchangeCounts& other) {
  streams += other.streams;
  steps += other.steps;
  commands += other.commands;
  connections += other.connections;
  bytes_sent += other.bytes_sent;
  bytes_compared += other.bytes_compared;
}

std::optional<Difference> RunStream(const ServerPorts& ports, const Stream& stream,
                                    const Patience& patience, ExchangeCounts* counts) {
  return Exchange(ports, patience, counts).Run(stream);
}

}  // namespace overtake::tests
