// A server running as a child process, and what the kernel knows about it.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/modes.h"

namespace overtake::tests {

struct ServerOptions {
  int threads = 2;
  int memory_mb = 256;
  int max_connections = 1024;
  int workers = 0;                // in the modes that have them; 0: as the mode says
  std::vector<std::string> more;  // further flags
};

// The command line of the server under test, without -p.
std::vector<std::string> ServerArguments(const Mode& mode, const ServerOptions& options);

// The command line of the reference, without -p.
std::vector<std::string> MemcachedArguments(const ServerOptions& options);

class ServerProcess {
 public:
  ServerProcess() = default;
  ~ServerProcess();  // kills what still runs
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Starts `binary` on a free port of 127.0.0.1 and returns when it listens there. The child dies
  // with the calling thread. False, with a test failure that shows its stderr, if it does not come
  // up.
  bool Start(const std::string& binary, const std::vector<std::string>& arguments);

  // The same on a given port; to start a server where another has just ended.
  bool StartOn(int port, const std::string& binary, const std::vector<std::string>& arguments);

  // The same on a UNIX socket instead of a port.
  bool StartOnSocket(const std::string& path, const std::string& binary,
                     const std::vector<std::string>& arguments);

  // Sends `signal` and waits. Returns the exit code, 128 + the signal that ended it, or -1 if it
  // had to be killed because it did not end within `seconds`.
  int Stop(int signal = SIGTERM, int seconds = 10 * kPatience);

  // Started, and not known to have ended.
  bool running() const { return pid_ > 0; }

  // Whether the server has ended by itself, and its exit code as Stop returns it.
  bool HasEnded(int* exit_code);
  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  std::string Stderr() const;

  size_t RssBytes() const;
  size_t FdCount() const;
  double CpuSeconds() const;                     // user and system, all threads
  std::vector<std::string> ThreadNames() const;  // sorted

 private:
  bool Spawn(const std::string& binary, std::vector<std::string> arguments);
  bool Launched(const std::string& binary, const std::vector<std::string>& arguments);
  void PickPort();
  template <typename Condition>
  bool WaitUntil(const Condition& listens);
  bool OwnsEveryListener() const;

  pid_t pid_ = -1;
  int port_ = 0;
  int port_lock_ = -1;  // keeps tests that run beside this one from picking the same port
  int stderr_ = -1;     // a memfd: gone with the process that holds it
};

struct Finished {
  int exit_code;  // as ServerProcess::Stop
  std::string out;
  std::string err;
};

// Runs a program that is expected to end by itself.
Finished RunToEnd(const std::string& binary, const std::vector<std::string>& arguments,
                  int seconds = 10 * kPatience);

// A TCP port of 127.0.0.1 that is free now.
int FreePort();

}  // namespace overtake::tests
