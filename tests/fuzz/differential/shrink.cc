#include "tests/fuzz/differential/shrink.h"

#include <algorithm>
#include <utility>

namespace overtake::tests {
namespace {

class Shrinker {
 public:
  Shrinker(Stream stream, size_t attempts, const std::function<bool(const Stream&)>& fails)
      : stream_(std::move(stream)), attempts_(attempts), fails_(fails) {}

  Stream Run() {
    do {
      shrunk_ = false;
      LeaveOut([](Stream* stream) { return &stream->steps; });
      for (size_t i = 0; i < stream_.steps.size(); ++i) {
        LeaveOut([i](Stream* stream) { return &stream->steps[i].commands; });
        LeaveOut([i](Stream* stream) { return &stream->steps[i].cuts; });
      }
      UseOneConnection();
    } while (shrunk_ && attempts_ > 0);
    return stream_;
  }

 private:
  bool Try(Stream candidate) {
    if (attempts_ == 0) return false;
    --attempts_;
    if (!fails_(candidate)) return false;
    stream_ = std::move(candidate);
    shrunk_ = true;
    return true;
  }

  // Leaves out runs of elements of the sequence that `part` finds in a stream: long ones first.
  template <typename Part>
  void LeaveOut(const Part& part) {
    for (size_t length = std::max<size_t>(part(&stream_)->size() / 2, 1);; length /= 2) {
      for (size_t at = 0; at < part(&stream_)->size();) {
        Stream candidate = stream_;
        auto* const elements = part(&candidate);
        const auto begin = elements->begin() + static_cast<ptrdiff_t>(at);
        const size_t count = std::min(length, elements->size() - at);
        elements->erase(begin, begin + static_cast<ptrdiff_t>(count));
        if (!Try(std::move(candidate))) at += count;
      }
      if (length <= 1) break;
    }
  }

  void UseOneConnection() {
    Stream candidate = stream_;
    bool several = false;
    for (Step& step : candidate.steps) {
      several = several || step.connection != 0;
      step.connection = 0;
    }
    if (several) Try(std::move(candidate));
  }

  Stream stream_;
  size_t attempts_;
  const std::function<bool(const Stream&)>& fails_;
  bool shrunk_ = false;
};

}  // namespace

Stream Shrink(Stream stream, size_t attempts, const std::function<bool(const Stream&)>& fails) {
  return Shrinker(std::move(stream), attempts, fails).Run();
}

}  // namespace overtake::tests
