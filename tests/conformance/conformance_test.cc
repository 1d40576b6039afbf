// The server under test must answer every stream of the corpus as memcached does, byte for byte,
// however the stream is cut.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "tests/conformance/expectations.h"
#include "tests/conformance/records.h"
#include "tests/conformance/replay.h"
#include "tests/conformance/summary.h"
#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

ServerOptions Options() {
  ServerOptions options;
  options.memory_mb = 1024;  // so that nothing is evicted between a stream's set and its get
  return options;
}

class ConformanceTest : public ServerTest {
 protected:
  void Prepare(bool alone) {
    StartServer(Options());
    expectations_ = Expectations(records_, alone);
  }

  // Runs and reports; `what` names the kind of run in the summary.
  void Run(const std::vector<Replay>& replays, size_t at_once, const char* what) {
    SummaryRow row = {.mode = GetParam().name, .run = what, .runs = replays.size()};
    std::set<const Stream*> all, different;
    for (const Replay& replay : replays) all.insert(replay.stream);
    for (const Difference& difference : RunReplays(server_.port(), replays, at_once)) {
      different.insert(difference.stream);
      ADD_FAILURE() << difference.message;
    }
    row.otherwise = different.size();
    for (const Stream* stream : all) {
      if (different.contains(stream)) continue;
      ++(stream->why.empty() ? row.alike : row.documented);
    }
    for (const Expectation& e : expectations_) row.not_adopted += e.not_adopted ? 1 : 0;
    AddToSummary(records_.version.text(), row);
  }

  std::vector<Replay> Whole() const {
    std::vector<Replay> replays;
    for (const Expectation& e : expectations_) {
      if (!e.not_adopted) replays.push_back({e.stream, &e.reply, Cut{}});
    }
    return replays;
  }

  // At every place with OVERTAKE_ALL_CUTS set; else at every fourth, in each mode at others.
  std::vector<Replay> CutInTwo() const {
    const size_t stride = std::getenv("OVERTAKE_ALL_CUTS") != nullptr ? 1 : 4;
    size_t n = 0;
    for (const char c : std::string(GetParam().name)) n += static_cast<unsigned char>(c);
    std::vector<Replay> replays;
    for (const Expectation& e : expectations_) {
      if (e.not_adopted) continue;
      for (const Cut& cut : CutsOf(*e.stream)) {
        if (n++ % stride == 0) replays.push_back({e.stream, &e.reply, cut});
      }
    }
    return replays;
  }

  // So that the list of these cannot rot.
  void ExpectNotAdopted() {
    std::vector<const Stream*> streams;
    std::vector<const Reply*> replies;
    for (const Expectation& e : expectations_) {
      if (!e.not_adopted) continue;
      streams.push_back(e.stream);
      replies.push_back(&e.reply);
    }
    const std::vector<Reply> ours = Record(server_.port(), streams);
    for (size_t i = 0; i < streams.size(); i++) {
      EXPECT_FALSE(ours[i] == *replies[i])
          << streams[i]->name << " is answered as it should be: it leaves not-adopted.txt";
    }
  }

  const Records records_ = LoadRecords(OVERTAKE_RECORDS);
  std::vector<Expectation> expectations_;
};

constexpr size_t kAtOnce = 128;

TEST_P(ConformanceTest, WholeStreams) {
  Prepare(/*alone=*/false);
  Run(Whole(), kAtOnce, "whole");
  ExpectNotAdopted();
}

TEST_P(ConformanceTest, CutStreams) {
  Prepare(/*alone=*/false);
  Run(CutInTwo(), kAtOnce, "cut in two");
}

TEST_P(ConformanceTest, StreamsThatAffectOthers) {
  Prepare(/*alone=*/true);
  Run(Whole(), 1, "alone, whole");
  Run(CutInTwo(), 1, "alone, cut in two");
  ExpectNotAdopted();
}

OVERTAKE_IN_EVERY_MODE(ConformanceTest);

TEST(CorpusTest, EveryStreamIsRecordedAndEveryRecordHasItsStream) {
  const Records records = LoadRecords(OVERTAKE_RECORDS);
  std::set<std::string> names;
  for (const Stream& stream : Corpus()) {
    EXPECT_TRUE(names.insert(stream.name).second) << stream.name << " is there twice";
    const auto found = records.entries.find(stream.name);
    ASSERT_NE(found, records.entries.end()) << stream.name << " has no record";
    const Reply& recorded = found->second.reply;
    EXPECT_EQ(recorded.after.size(), stream.segments.size()) << stream.name;
    if (!stream.expected.empty()) {
      EXPECT_FALSE((recorded == Reply{stream.expected, stream.expected_closed}))
          << stream.name << ": memcached answers the same, there is nothing to expect";
    }
  }
  for (const auto& [name, entry] : records.entries) EXPECT_TRUE(names.contains(name)) << name;
  for (const std::string& name : NotAdopted()) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(CorpusTest, WhatDiffersIsDocumented) {
  std::ifstream file(OVERTAKE_PROTOCOL);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_FALSE(lines.empty());
  for (const Stream& stream : Corpus()) {
    EXPECT_EQ(stream.expected.empty(), stream.why.empty())
        << stream.name << ": => and why: belong together";
    if (stream.why.empty()) continue;
    const std::string row = "| " + stream.why;
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                            [&row](const std::string& line) { return line.starts_with(row); }))
        << stream.name << ": docs/protocol.md has no row that begins with " << row;
  }
}

TEST(RecordsTest, AreReadAsTheyWereWritten) {
  Stream stream;
  stream.name = "odd/bytes";
  const std::string run(50, 'x');
  const std::string first = "#a\r\n[b]\r\n=> c\r\n\\{}{k}{k} \n" + std::string("\0\xff", 2);
  const Reply reply = {{first, first, first + run + "{k}" + run + " "}, true};
  const Records records = {{1, 2, 3}, {{stream.name, {reply, true}}}};
  const std::string folder = ::testing::TempDir() + "records_" + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/odd.txt") << RecordFiles(records, {stream}).at("odd.txt");
  const Records read = LoadRecords(folder);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(read.version, records.version);
  ASSERT_TRUE(read.entries.contains(stream.name));
  EXPECT_TRUE(read.entries.at(stream.name).not_in_1_6_18);
  EXPECT_EQ(read.entries.at(stream.name).reply.after, reply.after);
  EXPECT_TRUE(read.entries.at(stream.name).reply.closed);
}

// So that the records are what memcached answers, they are replayed to the one that is there: all
// of them if it is as new, and to an older one what it shares.
TEST(RecordsTest, HoldForTheMemcachedThatIsInstalled) {
  const Records records = LoadRecords(OVERTAKE_RECORDS);
  constexpr MemcachedVersion kOldest{1, 6, 18};
  const std::string binary = MemcachedBinary();
  const MemcachedVersion version = binary.empty() ? MemcachedVersion() : VersionOf(binary);
  if (version < kOldest) {
    GTEST_SKIP() << "\n*** NO memcached " << kOldest.text() << " OR LATER IS INSTALLED ***";
  }
  ServerProcess memcached;
  ASSERT_TRUE(memcached.Start(binary, MemcachedArguments(Options())));
  for (const bool alone : {false, true}) {
    std::vector<Replay> replays;
    std::vector<const Stream*> marked;
    for (const Stream& stream : Corpus()) {
      if (stream.alone != alone) continue;
      const Records::Entry& entry = records.entries.at(stream.name);
      if (version < records.version && entry.not_in_1_6_18) {
        marked.push_back(&stream);
      } else {
        replays.push_back({&stream, &entry.reply, Cut{}});
      }
    }
    for (const Difference& difference :
         RunReplays(memcached.port(), replays, alone ? 1 : kAtOnce)) {
      ADD_FAILURE() << difference.message;
    }
    std::cout << "memcached " << version.text() << ": " << replays.size() << " streams"
              << (alone ? " that affect others" : "") << " asked\n";
    if (version != kOldest) continue;
    const std::vector<Reply> replies = Record(memcached.port(), marked);
    for (size_t i = 0; i < marked.size(); i++) {
      EXPECT_FALSE(replies[i] == records.entries.at(marked[i]->name).reply)
          << marked[i]->name << " is answered alike, and marked";
    }
  }
}

}  // namespace
}  // namespace overtake::tests
