#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/socket.h"

namespace overtake::bench {

// A blocking connection to a server, under TLS where its endpoint says so. The server's certificate
// is not looked at: what is measured is the server's work. For one thread at a time.
class Channel {
 public:
  // Connects, and shakes hands.
  static absl::StatusOr<Channel> Open(const Endpoint& endpoint);

  int fd() const { return fd_.get(); }

  // As SendAll and Receive of a socket.
  absl::Status SendAll(absl::string_view bytes);
  absl::StatusOr<size_t> Receive(char* buffer, size_t size);

  // Receive would not block, though the socket may hold nothing.
  bool pending() const;

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const;
  };

  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;  // null: no TLS
};

}  // namespace overtake::bench
