#include "bench/load/request_text.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "bench/load/load_spec.h"

namespace overtake::bench {
namespace {

// A class of one kind with one or two keys, a0000000 and a0000001.
class RequestTextTest : public ::testing::Test {
 protected:
  void Use(const std::string& spec, bool may_miss = false) {
    load_ = *ParseLoadClass(spec);
    ring_ = std::make_unique<KeyRing>(load_, 1);
    text_ =
        std::make_unique<RequestText>(load_, load_.has_keys() ? ring_.get() : nullptr, may_miss);
  }
  std::string Request(const Arrival& arrival = {}) const {
    std::string out;
    text_->Append(arrival, &out);
    return out;
  }
  bool Right(const std::string& bytes) const {
    bool right = false;
    ReplyScanner scanner;
    const absl::Status status = scanner.Feed(bytes, [&](const Reply& reply) {
      right = text_->Check(Arrival{}, reply).ok();
      return absl::OkStatus();
    });
    return status.ok() && right;
  }

  LoadClass load_;
  std::unique_ptr<KeyRing> ring_;
  std::unique_ptr<RequestText> text_;
};

TEST_F(RequestTextTest, Gets) {
  Use("a=get,count=1,size=3");
  EXPECT_EQ(Request(), "get a0000000\r\n");
  EXPECT_TRUE(Right("VALUE a0000000 0 3\r\nvvv\r\nEND\r\n"));
  EXPECT_FALSE(Right("VALUE a0000000 0 2\r\nvv\r\nEND\r\n"));
  EXPECT_FALSE(Right("END\r\n"));
  EXPECT_FALSE(Right("ERROR\r\n"));
  Use("a=get,count=1,size=3", /*may_miss=*/true);
  EXPECT_TRUE(Right("END\r\n"));
  EXPECT_FALSE(Right("VALUE a0000000 0 4\r\nvvvv\r\nEND\r\n"));
  EXPECT_FALSE(Right("STORED\r\n"));
}

TEST_F(RequestTextTest, Multigets) {
  Use("a=get,keys=2,count=2,size=1");
  EXPECT_EQ(Request(), "get" + std::string(ring_->Keys(0, 2)) + "\r\n");
  EXPECT_TRUE(Right("VALUE a0000000 0 1\r\nv\r\nVALUE a0000001 0 1\r\nv\r\nEND\r\n"));
  EXPECT_FALSE(Right("VALUE a0000000 0 1\r\nv\r\nEND\r\n"));
}

TEST_F(RequestTextTest, MetaGets) {
  Use("a=mg,count=1,size=3");
  EXPECT_EQ(Request(), "mg a0000000 v\r\n");
  EXPECT_TRUE(Right("VA 3\r\nvvv\r\n"));
  EXPECT_TRUE(Right("VA 3 f0 c1\r\n\r\n\r\r\n"));
  EXPECT_FALSE(Right("VA 2\r\nvv\r\n"));
  EXPECT_FALSE(Right("EN\r\n"));
  EXPECT_FALSE(Right("HD\r\n"));
}

TEST_F(RequestTextTest, SetsAndDeletes) {
  Use("a=set,count=1,size=3");
  EXPECT_EQ(Request(), "set a0000000 0 0 3\r\nvvv\r\n");
  EXPECT_TRUE(Right("STORED\r\n"));
  EXPECT_FALSE(Right("SERVER_ERROR out of memory storing object\r\n"));
  Use("a=delete,count=1");
  EXPECT_EQ(Request(), "delete a0000000\r\n");
  EXPECT_TRUE(Right("DELETED\r\n"));
  EXPECT_TRUE(Right("NOT_FOUND\r\n"));
  EXPECT_FALSE(Right("STORED\r\n"));
}

TEST_F(RequestTextTest, ServiceTimes) {
  Use("a=spin");
  EXPECT_EQ(Request({0, 0, 0, /*micros=*/17}), "debug spin 17\r\n");
  EXPECT_TRUE(Right("OK\r\n"));
  EXPECT_FALSE(Right("ERROR\r\n"));
  Use("a=sleep");
  EXPECT_EQ(Request({0, 0, 0, /*micros=*/0}), "debug sleep 0\r\n");
}

}  // namespace
}  // namespace overtake::bench
