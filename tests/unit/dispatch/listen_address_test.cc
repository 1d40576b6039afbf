#include "dispatch/listen_address.h"

#include <gtest/gtest.h>

namespace overtake {
namespace {

TEST(ListenAddress, HostsAndPorts) {
  const auto plain = ParseListenAddress("127.0.0.1");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 0);
  EXPECT_EQ(plain->tls, ListenTls::kDefault);
  const auto v6 = ParseListenAddress("[::1]:11212");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 11212);
  EXPECT_EQ(ParseListenAddress("*")->host, "") << "all interfaces";
  EXPECT_EQ(ParseListenAddress("unix:/tmp/a:b")->path, "/tmp/a:b");
}

TEST(ListenAddress, Prefixes) {
  struct {
    const char* text;
    ListenTls tls;
  } const cases[] = {
      {"notls:h:7", ListenTls::kOff},
      {"btls:h:7", ListenTls::kBasic},
      {"mtls:h:7", ListenTls::kMutual},
      {"proto[ascii]:h:7", ListenTls::kDefault},
      {"proto[negotiating]:h:7", ListenTls::kDefault},
      {"tag[x]:h:7", ListenTls::kDefault},
      {"tag_12345678_:h:7", ListenTls::kDefault},
      {"mtls:proto[ascii]:tag[a_b]:h:7", ListenTls::kMutual},
      {"proto[ascii]:tag_a_:[h]:7", ListenTls::kDefault},
  };
  for (const auto& c : cases) {
    const auto address = ParseListenAddress(c.text);
    ASSERT_TRUE(address.ok()) << c.text << ": " << address.status();
    EXPECT_EQ(address->host, "h") << c.text;
    EXPECT_EQ(address->port, 7) << c.text;
    EXPECT_EQ(address->tls, c.tls) << c.text;
    EXPECT_EQ(address->text, c.text);
  }
  // Hosts that only look like it.
  for (const char* host : {"protohost", "tagus", "tag_us", "btls", "mtlsx"}) {
    ASSERT_TRUE(ParseListenAddress(host).ok()) << host;
    EXPECT_EQ(ParseListenAddress(host)->host, host);
  }
}

TEST(ListenAddress, PrefixesWithoutAHostAreNotAllInterfaces) {
  for (const char* text :
       {"btls:", "mtls:", "notls:", "proto[ascii]:", "tag[x]:", "tag_x_:", "tag[x]::7",
        "proto[binary]:h", "proto[proxy]:h", "proto[]:h", "proto[asc]:h", "tag[]:h", "tag__:h",
        "tag[123456789]:h", "tag_123456789_:h", "proto[ascii]:unix:/tmp/x", "btls:unix:/tmp/x"}) {
    EXPECT_FALSE(ParseListenAddress(text).ok()) << text;
  }
}

}  // namespace
}  // namespace overtake
