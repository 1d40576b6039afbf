#include "server/logging.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/spdlog.h"

namespace overtake {
namespace {

// Lines that found no room are left out, and counted until there is some.
class PatientSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit PatientSink(int fd) : writer_(fd) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (left_out_ > 0) {
      const std::string text =
          absl::StrCat(left_out_, " lines of the log were left out: nobody took them in time");
      spdlog::details::log_msg note = message;
      note.payload = text;
      if (Write(note)) left_out_ = 0;
    }
    if (left_out_ > 0 || !Write(message)) ++left_out_;
  }
  void flush_() override {}

  bool Write(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    return writer_.Write({line.data(), line.size()});
  }

  PatientWriter writer_;
  size_t left_out_ = 0;
};

}  // namespace

void ConfigureLogging(int verbosity) {
  const bool journal = GoesToJournal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO);
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("overtake", std::make_shared<PatientSink>(STDERR_FILENO)));
  spdlog::set_pattern(journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %v");
  SetLogVerbosity(verbosity);
}

void SetLogVerbosity(int verbosity) {
  if (verbosity <= 0) return spdlog::set_level(spdlog::level::info);
  spdlog::set_level(verbosity == 1 ? spdlog::level::debug : spdlog::level::trace);
}

bool GoesToJournal(const char* journal, int fd) {
  struct stat info;
  return journal != nullptr && fstat(fd, &info) == 0 &&
         absl::StrCat(info.st_dev, ":", info.st_ino) == journal;
}

bool PatientWriter::Write(std::string_view line) {
  if (!HasRoom()) return false;
  std::string cut;
  if (line.size() > kMaxLineBytes) {
    cut = std::string(line.substr(0, kMaxLineBytes - 1)) + "\n";
    line = cut;
  }
  return write(fd_, line.data(), line.size()) >= 0;
}

bool PatientWriter::HasRoom() {
  pollfd output = {.fd = fd_, .events = POLLOUT, .revents = 0};
  if (poll(&output, 1, 0) != 0) return true;
  const auto now = std::chrono::steady_clock::now();
  if (now < may_wait_) return false;
  may_wait_ = now + kBetweenWaits;
  return poll(&output, 1, static_cast<int>(kPatience.count())) != 0;
}

}  // namespace overtake
