// The server's process, as init systems know it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace overtake {

// Opens /dev/null for standard input, output and error where whoever started the process closed
// them: else a socket would get that number, and with it what is meant for people.
void OpenStandardStreams();

// One descriptor for each connection, and some for listening sockets and event loops. Where the
// system allows no more than the connections, accepting pauses when they run out.
absl::Status RaiseDescriptorLimit(int connections);

// Lets a crash write all of the process's memory. Error: the system allows none of it.
absl::Status AllowCoreDumps();

// Lifts the system's limit of memory that may be locked, as far as the process may. For LockMemory.
void RaiseLockLimit();

// Keeps all memory that is in use, and where the system sets no limit all that will be, from being
// paged out. REQUIRES: what the server needs to start is there.
absl::Status LockMemory();

// Becomes `user`, with its groups, if the process is root's; otherwise does nothing. Errors:
// NotFound if there is no such user, or what the system says.
absl::Status BecomeUser(const std::string& user);

// What goes on in the background.
class Daemon {
 public:
  Daemon() = default;
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Goes on in a process and a session of its own. The process that was started waits for Started
  // and then ends with status 0, or with this one's if it ends before. REQUIRES: one thread.
  absl::Status Fork();

  // After Fork, once there is nothing left that could fail. Standard input, output and error go
  // nowhere from then on, unless `keep_output`.
  absl::Status Started(bool keep_output);

 private:
  int started_ = -1;  // the end of a pipe, whose other end the first process reads
};

// A file that holds the process's id until the end of the object; or longer, if by then it holds
// another's.
class PidFile {
 public:
  PidFile() = default;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile();

  // All at once, in place of what is there; logs a warning if that names a process that runs.
  absl::Status Write(const std::string& path);

 private:
  std::string path_;  // "": none was written
};

// Where the variable MEMCACHED_PORT_FILENAME names a file, writes `lines` to it, all at once: test
// harnesses wait for it to learn which port the server has.
absl::Status PublishPorts(const std::string& lines);

}  // namespace overtake
