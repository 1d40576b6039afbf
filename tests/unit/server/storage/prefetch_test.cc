// The keys of a batch and of a multiget are looked up ahead of their gets.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/commands/command_table.h"
#include "tests/unit/server/service_fixture.h"

namespace overtake {
namespace {

// Holds nothing; notes what it is asked.
class RecordingStore final : public Store {
 public:
  Found Get(std::string_view key, Seconds /*now*/, Visitor /*visit*/) override {
    calls.push_back("get " + std::string(key));
    return Found::kAbsent;
  }
  void Prefetch(absl::Span<const std::string_view> keys) override {
    std::string call = "prefetch";
    for (const std::string_view key : keys) call += " " + std::string(key);
    calls.push_back(call);
  }
  Updated Update(std::string_view key, Seconds /*now*/, Changer change,
                 Visitor /*after*/) override {
    calls.push_back("update " + std::string(key));
    static_cast<void>(change(nullptr));
    return {Found::kAbsent, true};
  }
  bool Walk(uint64_t* /*place*/, Seconds /*now*/, Visitor /*visit*/) override { return false; }
  void FlushAll(Seconds /*at*/, Seconds /*now*/) override {}
  StoreStats Stats() const override { return {}; }
  uint64_t limit_bytes() const override { return 0; }
  bool SetLimit(uint64_t /*bytes*/) override { return false; }

  std::vector<std::string> calls;
};

class PrefetchTest : public ServiceTest {
 protected:
  PrefetchTest() {
    auto store = std::make_unique<RecordingStore>();
    recording_ = store.get();
    store_ = std::move(store);
    service_ = std::make_unique<Service>(&settings_, &clock_, store_.get(), &log_);
  }

  RecordingStore* recording_;
};

TEST_F(PrefetchTest, OfABatchTheFirstKeyOfEach) {
  const std::vector<std::string> texts = {"get a\r\n", "set b 0 0 1\r\nx\r\n", "gets c d\r\n",
                                          "mg e v\r\n", "version\r\n"};
  std::vector<Request> requests(texts.size());
  std::vector<const Request*> batch;
  for (size_t i = 0; i < texts.size(); ++i) {
    RequestParser parser(&kCommandTable, 1 << 20);
    size_t consumed = 0;
    ASSERT_EQ(parser.Next(texts[i], &requests[i], &consumed), RequestParser::Result::kRequest);
    batch.push_back(&requests[i]);
  }
  service_->Prepare(batch);
  EXPECT_EQ(recording_->calls, std::vector<std::string>{"prefetch a b c e"});
}

TEST_F(PrefetchTest, OfAMultigetSixteenAtATime) {
  std::string keys;
  std::vector<std::string> expected;
  for (char first : {'a', 'q'}) {
    const char end = first == 'a' ? 'q' : 't';
    std::string prefetch = "prefetch";
    std::vector<std::string> gets;
    for (char key = first; key < end; ++key) {
      prefetch += std::string(" ") + key;
      gets.push_back(std::string("get ") + key);
      keys += std::string(" ") + key;
    }
    expected.push_back(prefetch);
    expected.insert(expected.end(), gets.begin(), gets.end());
  }
  EXPECT_EQ(Ask("get" + keys + "\r\n"), "END\r\n");
  EXPECT_EQ(recording_->calls, expected);
}

TEST_F(PrefetchTest, OfOneKeyNot) {
  EXPECT_EQ(Ask("get a\r\n"), "END\r\n");
  EXPECT_EQ(recording_->calls, std::vector<std::string>{"get a"});
}

}  // namespace
}  // namespace overtake
