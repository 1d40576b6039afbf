// Values of every size come back as they went in.

#include <gtest/gtest.h>

#include <string>

#include "tests/support/server_test.h"
#include "tests/support/traffic.h"

namespace overtake::tests {
namespace {

class ValuesTest : public ServerTest {
 protected:
  void ExpectRoundTrip(RawSocket& socket, const std::string& key, const std::string& value) {
    ASSERT_EQ(socket.Ask(SetRequest(key, value, 7)), "STORED\r\n") << value.size() << " bytes";
    const std::string expected = ValueReply(key, value, 7) + "END\r\n";
    ASSERT_TRUE(socket.Send("get " + key + "\r\n"));
    // Not EXPECT_EQ: nobody wants to read a megabyte.
    EXPECT_TRUE(socket.ReadBytes(expected.size()) == expected) << value.size() << " bytes";
  }
};

TEST_P(ValuesTest, AnySizeUpToTheLargestItem) {
  StartServer();
  RawSocket socket = Connect();
  for (const size_t size : {0, 1, 2, 100, 1023, 2048, 4095, 4096, 4097, 8191, 16384, 32769, 65535,
                            65536, 65537, 131072, 500000, 1000000, 1048400}) {
    ExpectRoundTrip(socket, "size" + std::to_string(size), Pattern(size, size));
  }
}

TEST_P(ValuesTest, ItemSizeLimitCanBeRaised) {
  ServerOptions options;
  options.more = {"-I", "8m"};
  StartServer(options);
  RawSocket socket = Connect();
  ExpectRoundTrip(socket, "a", Pattern(1, 1 << 20));
  ExpectRoundTrip(socket, "b", Pattern(2, 5 << 20));
  ExpectRoundTrip(socket, "c", Pattern(3, (8 << 20) - 1000));
  EXPECT_EQ(socket.Ask(SetRequest("c", Pattern(4, 8 << 20))),
            "SERVER_ERROR object too large for cache\r\n");
  EXPECT_EQ(socket.Ask("get c\r\n"), "END\r\n") << "a refused set removes the old value";
  EXPECT_TRUE(socket.Ask("get a\r\n", "END\r\n").starts_with("VALUE a 7 1048576\r\n"));
}

TEST_P(ValuesTest, ItemSizeLimitCanBeLowered) {
  if (TestingMemcached()) GTEST_SKIP() << "memcached wants another flag beside -I for this";
  ServerOptions options;
  options.more = {"-I", "16k"};
  StartServer(options);
  RawSocket socket = Connect();
  ExpectRoundTrip(socket, "a", Pattern(1, 16000));
  EXPECT_EQ(socket.Ask(SetRequest("a", Pattern(2, 16384))),
            "SERVER_ERROR object too large for cache\r\n");
}

TEST_P(ValuesTest, OneItemChangesItsSize) {
  StartServer();
  RawSocket socket = Connect();
  for (const size_t size : {10, 100000, 0, 1000000, 1, 5000, 1000000, 10}) {
    ExpectRoundTrip(socket, "key", Pattern(size, size));
  }
}

TEST_P(ValuesTest, AppendAndPrependBuildALargeValue) {
  StartServer();
  RawSocket socket = Connect();
  std::string value = Pattern(0, 1000);
  ASSERT_EQ(socket.Ask(SetRequest("key", value, 3)), "STORED\r\n");
  for (int i = 1; i <= 40; i++) {
    const std::string more = Pattern(i, 10000);
    const std::string tail = " key 0 0 " + std::to_string(more.size()) + "\r\n" + more + "\r\n";
    ASSERT_EQ(socket.Ask((i % 2 == 0 ? "append" : "prepend") + tail), "STORED\r\n");
    value = i % 2 == 0 ? value + more : more + value;
  }
  const std::string expected = ValueReply("key", value, 3) + "END\r\n";
  ASSERT_TRUE(socket.Send("get key\r\n"));
  EXPECT_TRUE(socket.ReadBytes(expected.size()) == expected);
}

// The value is in the middle of a pipeline: what is behind it must be found again.
TEST_P(ValuesTest, LargeValueInAPipeline) {
  StartServer();
  RawSocket socket = Connect();
  const std::string value = Pattern(5, 900000);
  ASSERT_TRUE(socket.Send("mn\r\n" + SetRequest("key", value) + "get key\r\nmn\r\n"));
  const std::string expected = "MN\r\nSTORED\r\n" + ValueReply("key", value) + "END\r\n" + "MN\r\n";
  EXPECT_TRUE(socket.ReadBytes(expected.size()) == expected);
}

OVERTAKE_IN_EVERY_MODE(ValuesTest);

}  // namespace
}  // namespace overtake::tests
