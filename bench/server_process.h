#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/socket.h"

namespace overtake::bench {

// How to start a server under test.
struct ServerSpec {
  std::string name;               // as --modes names it
  std::vector<std::string> argv;  // the argument "{port}" is replaced
  bool tls = false;               // it will speak TLS
};

// CPU time of a whole process since it started.
struct ProcessCpu {
  double total_ns = 0;
  // The kernel counts the total exactly, but samples at clock ticks whether it goes to the user or
  // the system part: over a few seconds, good to some percent.
  double user_ns = 0;
  double system_ns = 0;
};

// A server that runs as our child and is killed with this object, and by the kernel should we die
// first. The thread that starts it must outlive it.
class ServerProcess {
 public:
  // Starts the server on a free port from `first_port` on and waits until it answers `version`.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const ServerSpec& spec,
                                                              int first_port);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const Endpoint& endpoint() const { return endpoint_; }

  // An error with how it ended and what it last printed when the server has died.
  absl::Status CheckAlive();

  // How a run on it ended whose own status is `outcome`: with the server's death, if it is dead. A
  // dying process closes its connections before it counts as dead, so a failure waits half a second
  // for that.
  absl::Status CauseOf(const absl::Status& outcome);

  // Sends it a signal, if it runs.
  void Signal(int signal) const;

  absl::StatusOr<ProcessCpu> Cpu() const;

  // Memory of the process that is in RAM now (VmRSS).
  absl::StatusOr<uint64_t> ResidentBytes() const;

 private:
  explicit ServerProcess(std::string name) : name_(std::move(name)) {}
  absl::Status Spawn(const ServerSpec& spec);
  absl::Status WaitUntilItAnswers();
  std::string LastOutput() const;

  const std::string name_;
  Endpoint endpoint_;
  pid_t pid_ = -1;
  absl::Status death_;  // not OK once the process has been reaped
  UniqueFd output_;     // a memory file with its standard output and error
};

}  // namespace overtake::bench
