#include "server/logging.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>

namespace overtake {
namespace {

using std::chrono::steady_clock;

class PatientWriterTest : public ::testing::Test {
 protected:
  PatientWriterTest() { EXPECT_EQ(pipe(ends_), 0); }
  ~PatientWriterTest() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  // Writes lines until one is refused; returns how many were not.
  static int Fill(PatientWriter* writer) {
    int lines = 0;
    while (writer->Write(std::string(1000, 'x') + "\n")) ++lines;
    return lines;
  }
  std::string Take(size_t bytes) const {
    std::string text(bytes, '\0');
    text.resize(static_cast<size_t>(std::max<ssize_t>(0, read(ends_[0], text.data(), bytes))));
    return text;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(PatientWriterTest, DoesNotWaitForWhoDoesNotRead) {
  PatientWriter writer(ends_[1]);
  EXPECT_GT(Fill(&writer), 10);
  const auto start = steady_clock::now();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(writer.Write("line\n"));
  EXPECT_LT(steady_clock::now() - start, PatientWriter::kBetweenWaits / 2) << "it waited once";
  Take(32 * 1024);
  EXPECT_TRUE(writer.Write("line\n"));
}

TEST_F(PatientWriterTest, CutsWhatIsLong) {
  PatientWriter writer(ends_[1]);
  EXPECT_TRUE(writer.Write(std::string(100'000, 'x') + "\n"));
  const std::string text = Take(200'000);
  EXPECT_EQ(text, std::string(PatientWriter::kMaxLineBytes - 1, 'x') + "\n");
}

TEST(Logging, KnowsTheJournal) {
  const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  struct stat info;
  ASSERT_EQ(fstat(fd, &info), 0);
  const std::string name = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  EXPECT_TRUE(GoesToJournal(name.c_str(), fd));
  EXPECT_FALSE(GoesToJournal((name + "1").c_str(), fd)) << "it was redirected since";
  EXPECT_FALSE(GoesToJournal("", fd));
  EXPECT_FALSE(GoesToJournal(nullptr, fd));
  close(fd);
}

}  // namespace
}  // namespace overtake
