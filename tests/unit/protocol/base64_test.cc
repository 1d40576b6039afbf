#include "protocol/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace overtake {
namespace {

std::string Decode(const std::string& text) {
  std::string out(text.size(), '?');
  out.resize(DecodeBase64(text, out.data()));
  return out;
}

std::string Encode(const std::string& bytes) {
  std::string out(bytes.size() * 2 + 4, '?');
  out.resize(static_cast<size_t>(EncodeBase64(bytes, out.data()) - out.data()));
  return out;
}

// RFC 4648, section 10.
TEST(Base64, TestVectors) {
  const std::pair<std::string, std::string> kVectors[] = {
      {"f", "Zg=="},        {"fo", "Zm8="},        {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(Encode(bytes), text);
    EXPECT_EQ(Decode(text), bytes);
  }
  EXPECT_EQ(Encode(""), "");
  EXPECT_EQ(Decode(""), "");
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(Decode(Encode(bytes)), bytes);
  }
}

TEST(Base64, IsAsLenientAsMemcached) {
  EXPECT_EQ(Decode("Zm-9v"), "foo");
  EXPECT_EQ(Decode("\tZ m\xff"
                   "9v\n"),
            "foo");
  EXPECT_EQ(Decode("Zh=="), "f");
  EXPECT_EQ(Decode("Zg==Zm9v"), "f");
  EXPECT_EQ(Decode("=Zm9"), std::string("\x01\x99", 2));
}

TEST(Base64, WhatCannotBeDecodedIsEmpty) {
  for (const char* text : {"Z", "Zm", "Zm9", "Zm9vY", "====", "Z===", "Zm9vZ===", "!!!!"}) {
    EXPECT_EQ(Decode(text), "") << text;
  }
}

}  // namespace
}  // namespace overtake
