#include "tests/conformance/replay.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <set>

#include "tests/conformance/reply_text.h"
#include "tests/support/conversation.h"
#include "tests/support/printable.h"

namespace overtake::tests {
namespace {

using Clock = std::chrono::steady_clock;

// Long enough for a server to read the first piece alone, most of the time: it has nothing else to
// do but the other replays.
constexpr std::chrono::milliseconds kPause{1};
constexpr size_t kMaxDifferences = 30;
constexpr size_t kMaxBytesAtOnce = 16 << 20;

// A normalized reply may be longer than the reply was, by the names that stand for CAS uniques.
size_t LeastBytes(const std::string& normalized) {
  constexpr std::string_view kName = "<cas 00>";
  size_t bytes = normalized.size();
  for (size_t at = 0; (at = normalized.find("<cas ", at)) != std::string::npos; at++) {
    bytes -= kName.size();
  }
  return bytes;
}

// One replay in progress.
class Run {
 public:
  Run(int port, const Replay& replay)
      : replay_(replay), prefix_(NewPrefix()), talk_(port), give_up_(Clock::now() + kGiveUp) {
    BeginSegment("");
  }

  // Goes as far as it can without waiting.
  void Step() {
    ready_ = false;
    do {
      talk_.Pump();
    } while (!done_ && Advance());
    if (!done_ && Clock::now() > give_up_) {
      Finish("no complete reply in time, step " + std::to_string(static_cast<int>(state_)) + ", " +
             talk_.Backlog());
    }
  }

  bool done() const { return done_; }
  bool ready() const { return ready_; }
  void set_ready() { ready_ = true; }
  bool pausing() const { return state_ == State::kPause; }
  const std::string& problem() const { return problem_; }
  const Conversation& talk() const { return talk_; }
  const Replay& replay() const { return replay_; }

  std::string Describe() const {
    std::string text = replay_.stream->name;
    if (replay_.cut.offset > 0) {
      text += " cut at byte " + std::to_string(replay_.cut.offset) + " of part " +
              std::to_string(replay_.cut.segment + 1);
    }
    text += ": " + problem_ + "\n  sent     ";
    for (const Segment& segment : replay_.stream->segments) {
      text += Printable(segment.Render("{k}", "{cas}"));
    }
    text += "\n  expected " + Printable(replay_.expected->after.back()) +
            (replay_.expected->closed ? " and closed" : "");
    text += "\n  received " + Printable(Normalize(talk_.received(), prefix_).text) +
            (closed_early_ ? " and closed" : "");
    return text;
  }

 private:
  enum class State { kSend, kPause, kSendRest, kAwait, kAwaitClose, kDrain };

  void BeginSegment(const std::string& cas) {
    const std::string bytes = replay_.stream->segments[segment_].Render(prefix_, cas);
    size_t first = bytes.size();
    if (replay_.cut.offset > 0 && replay_.cut.segment == segment_) {
      first = std::min(first, replay_.cut.offset);
    }
    talk_.Queue(bytes.substr(0, first));
    rest_ = bytes.substr(first);
    least_ = LeastBytes(Expected());
    state_ = State::kSend;
  }

  // One transition; false if there is something to wait for.
  bool Advance() {
    switch (state_) {
      case State::kSend:
        if (!talk_.all_sent()) return false;
        resume_ = Clock::now() + kPause;
        state_ = rest_.empty() ? State::kAwait : State::kPause;
        return true;
      case State::kPause:
        if (Clock::now() < resume_) return false;
        talk_.Queue(rest_);
        state_ = State::kSendRest;
        return true;
      case State::kSendRest:
        if (!talk_.all_sent()) return false;
        state_ = State::kAwait;
        return true;
      case State::kAwait:
        return Compare();
      case State::kAwaitClose:
      case State::kDrain:
        if (!talk_.closed()) return false;
        Finish(Matches(Normalize(talk_.received(), prefix_).text) ? "" : "more than expected");
        return false;
    }
    return false;
  }

  const std::string& Expected() const { return replay_.expected->after[segment_]; }
  bool Matches(const std::string& text) const { return text == Expected(); }

  bool Compare() {
    // Normalizing costs a pass over everything: not before it can be complete, except at last.
    if (talk_.received().size() < least_ && !talk_.closed() && Clock::now() < give_up_)
      return false;
    const ReplyText reply = Normalize(talk_.received(), prefix_);
    if (Matches(reply.text)) {
      NextSegment(reply.last_cas);
      return true;
    }
    if (!Expected().starts_with(std::string_view(reply.text).substr(0, reply.settled))) {
      Finish("differs");
    } else if (talk_.closed()) {
      closed_early_ = true;
      Finish("closed before the reply was complete");
    }
    return false;
  }

  void NextSegment(const std::string& cas) {
    if (segment_ + 1 < replay_.stream->segments.size()) {
      segment_++;
      BeginSegment(cas);
    } else if (replay_.expected->closed) {
      state_ = State::kAwaitClose;
    } else if (talk_.closed()) {
      closed_early_ = true;
      Finish("closed");
    } else {
      talk_.HalfClose();
      state_ = State::kDrain;
    }
  }

  void Finish(const std::string& problem) {
    done_ = true;
    problem_ = problem;
  }

  const Replay replay_;
  const std::string prefix_;
  Conversation talk_;
  const Clock::time_point give_up_;
  State state_ = State::kSend;
  size_t segment_ = 0;
  std::string rest_;  // of the segment, behind the cut
  Clock::time_point resume_;
  size_t least_ = 0;  // bytes that the expected reply has at least
  bool closed_early_ = false;
  bool ready_ = false;  // Step may get further
  bool done_ = false;
  std::string problem_;  // "" if all is well
};

// Waits until there is something to do, and marks the runs that have it.
void PollAll(std::list<Run>& runs) {
  std::vector<pollfd> fds;
  bool pausing = false;
  for (const Run& run : runs) {
    fds.push_back({run.talk().closed() ? -1 : run.talk().fd(), run.talk().events(), 0});
    pausing = pausing || run.pausing();
  }
  const int ready = poll(fds.data(), fds.size(), pausing ? 1 : 50);
  auto fd = fds.begin();
  for (Run& run : runs) {
    // After a timeout all look at the clock.
    if (ready <= 0 || fd->revents != 0 || fd->fd < 0 || run.pausing()) run.set_ready();
    ++fd;
  }
}

}  // namespace

std::vector<Difference> RunReplays(int port, const std::vector<Replay>& replays, size_t at_once) {
  std::vector<Difference> differences;
  std::set<const Stream*> different;
  std::list<Run> runs;
  size_t next = 0, bytes = 0;
  while (next < replays.size() || !runs.empty()) {
    while (next < replays.size() && runs.size() < at_once &&
           (runs.empty() || bytes < kMaxBytesAtOnce)) {
      const Replay& replay = replays[next++];
      if (different.contains(replay.stream)) continue;  // its other cuts would say the same
      bytes += replay.stream->size();
      runs.emplace_back(port, replay);
      runs.back().Step();
    }
    for (auto run = runs.begin(); run != runs.end();) {
      if (run->ready()) run->Step();
      if (!run->done()) {
        ++run;
        continue;
      }
      if (!run->problem().empty() && different.insert(run->replay().stream).second) {
        differences.push_back({run->replay().stream, run->Describe()});
      }
      bytes -= run->replay().stream->size();
      run = runs.erase(run);
    }
    if (differences.size() >= kMaxDifferences) break;
    if (runs.size() == at_once || next == replays.size() || bytes >= kMaxBytesAtOnce) PollAll(runs);
  }
  return differences;
}

}  // namespace overtake::tests
