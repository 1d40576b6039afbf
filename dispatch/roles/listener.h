// The listener: binds and listens.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "dispatch/options.h"

namespace overtake {

// The listening sockets of one set of addresses, and with them the kernel's queues of connections
// not yet accepted. Closes them when destroyed.
class Listener {
 public:
  // Binds and listens on options.addresses (all of them when empty, IPv4 and IPv6 each with a
  // socket of its own) and options.port. With `share_port`, other Listeners may follow that do the
  // same (SO_REUSEPORT) and the kernel spreads new connections over them; `first` is then the first
  // of these, null for that one itself, which gets its port only if nobody else has it. A port that
  // the system chose for the first is taken over by the others, and sockets in the file system,
  // which cannot be bound twice, are shared. With options.tls, TCP sockets are for TLS as their
  // address says. Errors: FailedPrecondition with the address and the system's
  // reason; or if it is another name for all interfaces, which nobody may have meant.
  static absl::StatusOr<Listener> Open(const DispatchOptions& options, bool share_port,
                                       const Listener* first = nullptr);

  Listener(Listener&& other) noexcept
      : sockets_(std::move(other.sockets_)),
        unix_sockets_(std::move(other.unix_sockets_)),
        tls_sockets_(std::move(other.tls_sockets_)),
        port_(other.port_) {
    other.sockets_.clear();
    other.unix_sockets_.clear();
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  const std::vector<int>& sockets() const { return sockets_; }

  // Whether clients of this socket, one of sockets(), are to speak TLS.
  ListenTls TlsOf(int socket) const;

  // What TCP sockets are bound to, a line each: "TCP INET: 11211" or "TCP INET6: 11211".
  std::string PortLines() const;

 private:
  Listener() = default;
  enum class PortSharing { kNone, kFirst, kFollows };

  absl::Status AddAddress(const ListenAddress& address, const DispatchOptions& options,
                          PortSharing sharing);
  absl::Status Add(const std::string& host, int port, int backlog, PortSharing sharing);
  absl::Status AddUnix(const std::string& path, const DispatchOptions& options);
  absl::Status ShareUnix(const Listener& first);

  std::vector<int> sockets_;
  std::vector<int> unix_sockets_;                       // those of sockets_ that have a path
  std::vector<std::pair<int, ListenTls>> tls_sockets_;  // those of sockets_ that are for TLS
  int port_ = 0;  // of addresses that name none; 0: not chosen by the system yet
};

}  // namespace overtake
