// What people read of the server: lines to standard error.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace overtake {

// Lines begin with the time, unless they go to the journal, which keeps it itself. Once, before any
// thread starts.
void ConfigureLogging(int verbosity);

// As often as -v was given, or what the command verbosity says: with 1 also spdlog's debug, which
// is errors of clients and connections, from 2 on also its trace, which is requests. Any thread.
void SetLogVerbosity(int verbosity);

// Whether `journal`, the variable JOURNAL_STREAM, names what `fd` writes to, as "<device>:<inode>"
// (systemd.exec(5)). Null: it is not set.
bool GoesToJournal(const char* journal, int fd);

// Writes to a pipe, socket or terminal that may have ceased to be read: a server must not wait for
// whoever reads its log. One thread at a time.
class PatientWriter {
 public:
  static constexpr std::chrono::milliseconds kPatience{20};
  static constexpr std::chrono::milliseconds kBetweenWaits{1000};
  static constexpr size_t kMaxLineBytes = 4096;  // PIPE_BUF: a pipe with room takes it at once

  explicit PatientWriter(int fd) : fd_(fd) {}  // which it does not own

  // Writes `line`, what is beyond kMaxLineBytes cut off. False, with nothing written, if there is
  // no room: for a burst of lines it waits for kPatience, but not again within kBetweenWaits.
  bool Write(std::string_view line);

 private:
  bool HasRoom();

  const int fd_;
  std::chrono::steady_clock::time_point may_wait_{};  // not before
};

}  // namespace overtake
