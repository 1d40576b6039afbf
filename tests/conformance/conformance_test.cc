// The server under test must answer every stream of the corpus as a live memcached does, byte for
// byte, however the stream is cut.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "tests/conformance/corpus.h"
#include "tests/conformance/record.h"
#include "tests/conformance/replay.h"
#include "tests/conformance/reply_text.h"
#include "tests/support/printable.h"
#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

// $OVERTAKE_STREAMS, part of a stream's name (file/name), chooses among them.
const std::vector<Stream>& Corpus() {
  static const std::vector<Stream> corpus = [] {
    std::vector<Stream> streams = LoadCorpus(OVERTAKE_CORPUS);
    const char* chosen = std::getenv("OVERTAKE_STREAMS");
    std::erase_if(streams, [chosen](const Stream& stream) {
      return chosen != nullptr && stream.name.find(chosen) == std::string::npos;
    });
    return streams;
  }();
  return corpus;
}

class ConformanceTest : public ServerTest {
 protected:
  void SetUp() override {
    if (MemcachedBinary().empty()) {
      GTEST_SKIP() << "\n*** memcached IS NOT INSTALLED: CONFORMANCE IS NOT TESTED ***";
    }
    ServerOptions options;
    options.memory_mb = 1024;  // so that nothing is evicted between a stream's set and its get
    ASSERT_TRUE(reference_.Start(MemcachedBinary(), MemcachedArguments(options)));
    StartServer(options);
  }

  // Streams of one kind, with what must be answered to each.
  void Prepare(bool alone) {
    std::vector<const Stream*> to_record;
    for (const Stream& stream : Corpus()) {
      if (stream.alone != alone) continue;
      if (stream.expected.empty()) {
        to_record.push_back(&stream);
      } else if (!TestingMemcached()) {
        streams_.push_back(&stream);
        replies_.push_back({stream.expected, stream.expected_closed});
      }
    }
    const auto recorded = RecordAll(to_record, alone);
    streams_.insert(streams_.end(), to_record.begin(), to_record.end());
    replies_.insert(replies_.end(), recorded.begin(), recorded.end());
  }

  std::vector<Reply> RecordAll(const std::vector<const Stream*>& streams, bool alone) {
    std::vector<Reply> replies;
    if (alone) {
      for (const Stream* stream : streams) {
        replies.push_back(Record(reference_.port(), {stream}).front());
      }
      return replies;
    }
    replies = RecordInBatches(streams);
    const auto again = RecordInBatches(streams);
    for (size_t i = 0; i < streams.size(); i++) {
      EXPECT_TRUE(replies[i] == again[i])
          << streams[i]->name << ": memcached itself answers differently from time to time\n  "
          << Printable(replies[i].after.back()) << "\n  " << Printable(again[i].after.back());
    }
    return replies;
  }

  // No more at once than memcached's limit of connections allows.
  std::vector<Reply> RecordInBatches(const std::vector<const Stream*>& streams) const {
    constexpr size_t kBatch = 400;
    std::vector<Reply> replies;
    for (size_t first = 0; first < streams.size(); first += kBatch) {
      const size_t last = std::min(first + kBatch, streams.size());
      const auto more = Record(reference_.port(), {streams.begin() + static_cast<ptrdiff_t>(first),
                                                   streams.begin() + static_cast<ptrdiff_t>(last)});
      replies.insert(replies.end(), more.begin(), more.end());
    }
    return replies;
  }

  // Runs and reports; `what` names the kind of run in the summary.
  void Run(const std::vector<Replay>& replays, size_t at_once, const char* what) {
    std::set<const Stream*> all, different;
    for (const Replay& replay : replays) all.insert(replay.stream);
    for (const Difference& difference : RunReplays(server_.port(), replays, at_once)) {
      different.insert(difference.stream);
      ADD_FAILURE() << difference.message;
    }
    std::cout << "conformance: " << GetParam().name << ", " << what << ": "
              << all.size() - different.size() << " of " << all.size() << " streams identical, "
              << replays.size() << " runs\n";
  }

  std::vector<Replay> Whole() const {
    std::vector<Replay> replays;
    for (size_t i = 0; i < streams_.size(); i++) {
      replays.push_back({streams_[i], &replies_[i], Cut{}});
    }
    return replays;
  }

  // At every place with OVERTAKE_ALL_CUTS set; else at every fourth, in each mode at others.
  std::vector<Replay> CutInTwo() const {
    const size_t stride = std::getenv("OVERTAKE_ALL_CUTS") != nullptr ? 1 : 4;
    size_t n = 0;
    for (const char c : std::string(GetParam().name)) n += static_cast<unsigned char>(c);
    std::vector<Replay> replays;
    for (size_t i = 0; i < streams_.size(); i++) {
      for (const Cut& cut : CutsOf(*streams_[i])) {
        if (n++ % stride == 0) replays.push_back({streams_[i], &replies_[i], cut});
      }
    }
    return replays;
  }

  ServerProcess reference_;
  std::vector<const Stream*> streams_;
  std::vector<Reply> replies_;
};

constexpr size_t kAtOnce = 128;

TEST_P(ConformanceTest, WholeStreams) {
  Prepare(/*alone=*/false);
  Run(Whole(), kAtOnce, "whole");
}

TEST_P(ConformanceTest, CutStreams) {
  Prepare(/*alone=*/false);
  Run(CutInTwo(), kAtOnce, "cut in two");
}

TEST_P(ConformanceTest, StreamsThatAffectOthers) {
  Prepare(/*alone=*/true);
  Run(Whole(), 1, "alone, whole");
  Run(CutInTwo(), 1, "alone, cut in two");
}

OVERTAKE_IN_EVERY_MODE(ConformanceTest);

}  // namespace
}  // namespace overtake::tests
