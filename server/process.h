// The server's process, as init systems know it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace overtake {

// One descriptor for each connection, and some for listening sockets and event loops. Where the
// system allows no more than the connections, accepting pauses when they run out.
absl::Status RaiseDescriptorLimit(int connections);

// Lets a crash write all of the process's memory. Error: the system allows none of it.
absl::Status AllowCoreDumps();

// Keeps all memory, present and future, from being paged out.
absl::Status LockMemory();

// Becomes `user`, with its groups, if the process is root's; otherwise does nothing. Errors:
// NotFound if there is no such user, or what the system says.
absl::Status BecomeUser(const std::string& user);

// Goes on in the background, in a session of its own: the process that was started ends with status
// 0. Standard input, output and error go nowhere, unless `keep_output`. REQUIRES: one thread.
absl::Status Daemonize(bool keep_output);

// A file that holds the process's id until the end of the object.
class PidFile {
 public:
  PidFile() = default;
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile();

  absl::Status Write(const std::string& path);

 private:
  std::string path_;  // "": none was written
};

// Where the variable MEMCACHED_PORT_FILENAME names a file, writes `lines` to it, all at once: test
// harnesses wait for it to learn which port the server has.
absl::Status PublishPorts(const std::string& lines);

}  // namespace overtake
