#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/memory/trace_file.h"

namespace overtake::bench {
namespace {

using Op = TraceRequest::Op;

// A file that is gone after the test.
class TraceTest : public testing::Test {
 protected:
  void TearDown() override { unlink(path_.c_str()); }

  void Write(absl::string_view text) {
    std::ofstream(path_, std::ios::binary) << std::string(text);
  }

  // All requests up to the end, or to the first error, which goes to `status_`.
  std::vector<TraceRequest> Read(const std::string& format = "auto",
                                 std::optional<double> speed_up = std::nullopt) {
    std::vector<TraceRequest> requests;
    auto trace = OpenTrace({.path = path_, .format = format, .speed_up = speed_up});
    status_ = trace.status();
    while (status_.ok()) {
      TraceRequest request;
      const auto more = (*trace)->Next(&request);
      status_ = more.status();
      if (!more.ok() || !*more) break;
      requests.push_back(request);
    }
    return requests;
  }

  std::vector<TraceRequest> ReadText(absl::string_view text, const std::string& format = "auto") {
    Write(text);
    return Read(format);
  }

  // Expects an error that names line `line`.
  void ExpectError(absl::string_view text, int line, const std::string& format = "auto") {
    ReadText(text, format);
    EXPECT_TRUE(absl::IsInvalidArgument(status_)) << text << ": " << status_;
    EXPECT_TRUE(absl::StrContains(status_.message(), absl::StrCat(path_, ": line ", line, ": ")))
        << text << ": " << status_;
  }

  const std::string path_ = absl::StrCat(testing::TempDir(), "trace-", getpid());
  absl::Status status_;
};

TEST_F(TraceTest, ReadsPlainLines) {
  const auto requests = ReadText("# key size ttl\n\na 10\nb\t0 \r\nc 7 60\r\n  # no request\nd 1");
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].key, "a");
  EXPECT_EQ(requests[0].value_bytes, 10U);
  EXPECT_EQ(requests[0].ttl_s, 0U);
  EXPECT_EQ(requests[0].op, Op::kGet);
  EXPECT_TRUE(requests[0].fill);
  EXPECT_EQ(requests[1].key, "b");
  EXPECT_EQ(requests[1].value_bytes, 0U);
  EXPECT_TRUE(requests[1].fill);
  EXPECT_EQ(requests[2].ttl_s, 60U);
  EXPECT_EQ(requests[3].key, "d");
}

TEST_F(TraceTest, ReadsTwittersForm) {
  const auto requests = ReadText(
      "0,nz:u:abc,12,100,7,get,0\r\n"
      "1,nz:u:abc,5,0,7,gets,0\n"
      "2,k,1,30,8,set,86400\n"
      "2,k,1,0,8,delete,0\n");
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].key, "nz:u:abc....");
  EXPECT_TRUE(requests[0].fill);
  EXPECT_EQ(requests[1].key, "nz:u:abc");
  EXPECT_FALSE(requests[1].fill);
  EXPECT_EQ(requests[2].op, Op::kSet);
  EXPECT_EQ(requests[2].ttl_s, 86400U);
  EXPECT_EQ(requests[2].due_s, 0);
  EXPECT_EQ(requests[3].op, Op::kDelete);
}

TEST_F(TraceTest, ReadsMetasFormsByTheirHeaders) {
  const auto first =
      ReadText("key,op,size,op_count,key_size\n1668757755,GET,82,3,12\n7,SET,1,1,1\n");
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(first.size(), 4U);
  EXPECT_EQ(first[2].key, "1668757755..");
  EXPECT_EQ(first[2].value_bytes, 82U);
  EXPECT_EQ(first[3].op, Op::kSet);

  const auto later = ReadText(
      "op_time,key,key_size,op,op_count,size,cache_hits,ttl,usecase,sub_usecase\n"
      "604038471,82131353f9ddc8c6,48,GET_LEASE,1,87,1,0,366387042,3003229276\n"
      "604038473,82,2,SET,1,65,0,7200,2777918327,655456894\n");
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(later.size(), 2U);
  EXPECT_EQ(later[0].key.size(), 48U);
  EXPECT_EQ(later[0].op, Op::kGet);
  EXPECT_EQ(later[1].ttl_s, 7200U);
}

TEST_F(TraceTest, ReadsMetasFormWithoutAHeader) {
  const auto requests = ReadText("17,GET,82,2,4\n18,DELETE,0,1,2,\n19,SET,5,1,2,600\n");
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[2].op, Op::kDelete);
  EXPECT_EQ(requests[2].ttl_s, 0U);
  EXPECT_EQ(requests[3].ttl_s, 600U);
}

TEST_F(TraceTest, ReadsTimeObjectSize) {
  for (absl::string_view text : {"1,obj7,512\n2,8,4096\n", "#time,obj,size\n1,obj7,512\n2,8,4096\n",
                                 "# a trace\ntime, obj, size\n1, obj7, 512\n2, 8, 4096\n"}) {
    const auto requests = ReadText(text);
    ASSERT_TRUE(status_.ok()) << text << status_;
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].key, "obj7");
    EXPECT_EQ(requests[0].value_bytes, 512U);
    EXPECT_TRUE(requests[1].fill);
  }
}

TEST_F(TraceTest, ReadsBlockTracesLookAside) {
  const auto requests = ReadText("version,time,op,size,lbn\n1,33898,2a,512,42932745\n");
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].key, "42932745");
  EXPECT_EQ(requests[0].op, Op::kGet);
}

TEST_F(TraceTest, LetsTimePassFasterWhenTold) {
  Write("100,a,1,9,0,get,0\n130.5,b,1,9,0,set,25\n99,c,1,9,0,set,0\n");
  const auto requests = Read("auto", 10);
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_DOUBLE_EQ(requests[0].due_s, 0);
  EXPECT_DOUBLE_EQ(requests[1].due_s, 3.05);
  EXPECT_EQ(requests[1].ttl_s, 3U);
  EXPECT_EQ(requests[2].due_s, 0);
  EXPECT_EQ(requests[2].ttl_s, 0U);
}

TEST_F(TraceTest, CutsLongTtls) {
  const auto requests = ReadText("a 1 18446744073709551615\n");
  ASSERT_EQ(requests.size(), 1U) << status_;
  EXPECT_EQ(requests[0].ttl_s, 30U * 24 * 3600);
}

TEST_F(TraceTest, NamesTheLineOfAnError) {
  ExpectError("a 1\nb\n", 2);
  ExpectError("a 1\nb 1 1 1\n", 2);
  ExpectError("a 1\n\nb x\n", 3);
  ExpectError("a -1\n", 1);
  ExpectError("a 1.5\n", 1);
  ExpectError("a 1073741825\n", 1);
  ExpectError("a 99999999999999999999999999\n", 1);
  ExpectError("a 1 18446744073709551616\n", 1);
  ExpectError(absl::StrCat("a 1\n", std::string(251, 'k'), " 1\n"), 2);
  ExpectError(absl::StrCat("a 1\n", std::string(70'000, 'k'), " 1\n"), 2);
  ExpectError("a 1\nb\x01 1\n", 2);
  ExpectError("1,a,1,1,1,get,0\n1,a,1,1,1,fetch,0\n", 2);
  ExpectError("1,a,1,1,1,get,0\n1,a,1,1,1,get\n", 2);
  ExpectError("1,a,1,1,1,get,0\nx,a,1,1,1,get,0\n", 2);
  ExpectError("1,a,1,1,1,get,0\n1,,1,1,1,get,0\n", 2);
  ExpectError("key,op,size,op_count,key_size\n1,GET,1,9999999999,1\n", 2);
  ExpectError("time,obj,size\ninf,a,1\n", 2);
}

TEST_F(TraceTest, RefusesFilesOfNoKnownForm) {
  ExpectError("one\n", 1);
  ExpectError("a,b\n", 1);
  ExpectError("name,colour,shape\n", 1);
  ExpectError("a 1 2 3\n", 1);
  ExpectError("a 1\n", 1, "twitter");
}

TEST_F(TraceTest, RefusesWhatHoldsNothing) {
  for (absl::string_view text : {"", "\n", "\r\n", "# only this\n"}) {
    ReadText(text);
    EXPECT_TRUE(absl::IsInvalidArgument(status_)) << text << status_;
  }
  EXPECT_TRUE(absl::IsNotFound(OpenTrace({.path = path_ + "-none"}).status()));
  EXPECT_FALSE(OpenTrace({.path = testing::TempDir()}).ok());
}

TEST_F(TraceTest, ReadsGzippedFiles) {
  constexpr int kLines = 200'000;  // more than a buffer holds
  std::string text;
  for (int i = 0; i < kLines; ++i) absl::StrAppend(&text, "key", i, " ", i, "\n");
  gzFile file = gzopen(path_.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), text.size());
  gzclose(file);
  const auto requests = Read();
  ASSERT_TRUE(status_.ok()) << status_;
  ASSERT_EQ(requests.size(), static_cast<size_t>(kLines));
  EXPECT_EQ(requests.back().key, absl::StrCat("key", kLines - 1));

  ASSERT_EQ(truncate(path_.c_str(), 100'000), 0);
  EXPECT_FALSE(Read().empty());
  EXPECT_TRUE(absl::IsDataLoss(status_)) << status_;
}

}  // namespace
}  // namespace overtake::bench
