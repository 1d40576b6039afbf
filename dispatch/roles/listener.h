// The listener: binds and listens.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dispatch/options.h"

namespace overtake {

// The listening sockets of one set of addresses, and with them the kernel's queues of connections
// not yet accepted. Closes them when destroyed.
class Listener {
 public:
  // Binds and listens on options.addresses (all of them when empty, IPv4 and IPv6 each with a
  // socket of its own) and options.port. With `share_port`, other Listeners may do the same
  // (SO_REUSEPORT) and the kernel spreads new connections over them. Errors: FailedPrecondition
  // with the address and the system's reason.
  static absl::StatusOr<Listener> Open(const DispatchOptions& options, bool share_port);

  Listener(Listener&& other) noexcept : sockets_(std::move(other.sockets_)) {
    other.sockets_.clear();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  const std::vector<int>& sockets() const { return sockets_; }

 private:
  Listener() = default;
  absl::Status Add(const std::string& host, const std::string& port, int backlog, bool share_port);

  std::vector<int> sockets_;
};

}  // namespace overtake
