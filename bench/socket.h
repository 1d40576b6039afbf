#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

struct Endpoint {
  std::string host = "127.0.0.1";  // a numeric IPv4 address
  int port = 11211;
  bool tls = false;  // it speaks TLS: use a Channel
};

// Waits for what the system is asked to do are bounded by this, so that a dead server ends a
// benchmark instead of hanging it.
inline constexpr int kSocketTimeoutSeconds = 10;

// A blocking connection with TCP_NODELAY, whose sends and receives fail after
// kSocketTimeoutSeconds.
absl::StatusOr<UniqueFd> Connect(const Endpoint& endpoint);

// A listening non-blocking socket on `endpoint`; with `reuse_port`, one of several that the kernel
// deals connections to.
absl::StatusOr<UniqueFd> Listen(const Endpoint& endpoint, bool reuse_port);

absl::Status SetNonBlocking(int fd);

// TCP_NODELAY: a small message does not wait for the acknowledgement of the one before it.
void SetNoDelay(int fd);

// Sends all of `bytes` over a blocking connection.
absl::Status SendAll(int fd, absl::string_view bytes);

// Receives what is there, at least one byte, over a blocking connection. A closed connection is
// an UnavailableError.
absl::StatusOr<size_t> Receive(int fd, char* buffer, size_t size);

// The first port from `first` on that nobody listens on, out of a hundred.
absl::StatusOr<int> FindFreePort(int first);

}  // namespace overtake::bench
