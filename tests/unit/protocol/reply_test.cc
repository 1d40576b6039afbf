#include "protocol/reply.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace overtake {
namespace {

// Takes the reply's bytes in portions of `portion`, as a socket would.
std::string Drain(Reply* reply, size_t portion, size_t vectors = 8) {
  std::string all;
  while (!reply->empty()) {
    std::array<iovec, 8> pieces;
    size_t bytes = 0;
    const size_t count = reply->Gather(absl::MakeSpan(pieces).first(vectors), portion, &bytes);
    EXPECT_GT(count, 0U);
    EXPECT_LE(bytes, portion);
    size_t seen = 0;
    for (size_t i = 0; i < count; ++i) {
      all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      seen += pieces[i].iov_len;
    }
    EXPECT_EQ(seen, bytes);
    reply->Consume(bytes);
  }
  return all;
}

Pin Counting(int* released) {
  return Pin(released, [](void* counter) { ++*static_cast<int*>(counter); });
}

TEST(Reply, KeepsOrderOverBlocksAndPins) {
  for (const size_t portion : {1, 7, 4096, 1 << 20}) {
    for (const size_t vectors : {1, 2, 8}) {
      Reply reply;
      std::string expected;
      const std::string large(10000, 'L');
      int released = 0;
      for (int i = 0; i < 20; ++i) {
        const std::string small = "line " + std::to_string(i);
        reply.AppendLine(small);
        reply.AppendNumber(static_cast<uint64_t>(i));
        reply.AppendPinned(large, Counting(&released));
        reply.Append(std::string(static_cast<size_t>(i) * 997, 's'));
        expected += small + "\r\n" + std::to_string(i) + large +
                    std::string(static_cast<size_t>(i) * 997, 's');
      }
      EXPECT_EQ(reply.size(), expected.size());
      EXPECT_EQ(Drain(&reply, portion, vectors), expected);
      EXPECT_EQ(released, 20);
    }
  }
}

TEST(ReplyMemory, TheLessIsLeftTheLessAReplyMayHold) {
  ReplyMemory memory(1 << 20);
  std::vector<std::unique_ptr<Reply>> replies;
  size_t piece = ReplyMemory::kMaxPieceBytes;
  for (int i = 0; i < 200; ++i) {
    replies.push_back(std::make_unique<Reply>(&memory));
    Reply& reply = *replies.back();
    reply.ChoosePiece();
    while (!reply.full()) reply.Append(std::string(500, 'x'));
    ASSERT_LE(reply.size(), piece + 500) << "never more than who came before";
    piece = reply.size();
  }
  EXPECT_LE(piece, ReplyMemory::kMinPieceBytes + 500);
  EXPECT_EQ(memory.count(), replies.size());
  EXPECT_LE(memory.held(), size_t{2} << 20);
  EXPECT_FALSE(memory.MayCopy(100'000));
  replies.clear();
  EXPECT_EQ(memory.held(), 0U);
  EXPECT_EQ(memory.count(), 0U);
  EXPECT_GE(memory.TakePeak(), size_t{1} << 20);
  EXPECT_EQ(memory.TakePeak(), 0U);
  EXPECT_TRUE(memory.MayCopy(100'000));
}

TEST(Reply, ReleasesAPinAsSoonAsItsBytesAreSent) {
  Reply reply;
  int released = 0;
  reply.AppendPinned("first", Counting(&released));
  reply.AppendPinned("second", Counting(&released));
  reply.Consume(4);
  EXPECT_EQ(released, 0);
  reply.Consume(2);
  EXPECT_EQ(released, 1);
  reply.Clear();
  EXPECT_EQ(released, 2);
  EXPECT_TRUE(reply.empty());
}

TEST(Reply, IsReusable) {
  Reply reply;
  for (int round = 0; round < 3; ++round) {
    reply.Append("a");
    reply.Append(std::string(100'000, 'b'));
    EXPECT_EQ(Drain(&reply, 1000), "a" + std::string(100'000, 'b'));
  }
}

TEST(Reply, WritesNumbers) {
  Reply reply;
  reply.AppendNumber(0);
  reply.AppendNumber(UINT64_MAX);
  EXPECT_EQ(Drain(&reply, 100), "018446744073709551615");
}

}  // namespace
}  // namespace overtake
