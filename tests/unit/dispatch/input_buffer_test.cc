#include "dispatch/roles/input_buffer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace overtake {
namespace {

void Put(InputBuffer* buffer, std::string_view bytes) {
  ASSERT_TRUE(buffer->MakeRoom(buffer->unread().size() + bytes.size()));
  ASSERT_GE(buffer->free_bytes(), bytes.size());
  std::memcpy(buffer->free_space(), bytes.data(), bytes.size());
  buffer->Fill(bytes.size());
}

TEST(InputBuffer, KeepsWhatIsUnreadWhileItGrows) {
  BlockPool pool;
  InputBuffer buffer(&pool);
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string piece(static_cast<size_t>(i) * 13, static_cast<char>('a' + i % 26));
    Put(&buffer, piece);
    expected += piece;
    const size_t taken = std::min<size_t>(expected.size(), 500);
    buffer.Consume(taken);
    expected.erase(0, taken);
    ASSERT_EQ(buffer.unread(), expected);
  }
}

TEST(InputBuffer, AlwaysMakesRoomForOneMore) {
  BlockPool pool;
  InputBuffer buffer(&pool);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(buffer.MakeRoom(buffer.unread().size() + 1));
    ASSERT_GE(buffer.free_bytes(), 1U);
    *buffer.free_space() = 'x';
    buffer.Fill(1);
    if (i % 3 == 0) buffer.Consume(1);
  }
}

TEST(InputBuffer, HoldsNothingWhenEmpty) {
  BlockPool pool;
  InputBuffer buffer(&pool);
  Put(&buffer, std::string(1'000'000, 'x'));
  buffer.Trim(1);
  EXPECT_EQ(buffer.unread().size(), 1'000'000U);
  buffer.Consume(1'000'000);
  buffer.Trim(1);
  EXPECT_EQ(buffer.free_bytes(), 0U);
  Put(&buffer, "again");
  EXPECT_EQ(buffer.unread(), "again");
}

}  // namespace
}  // namespace overtake
