#ifndef OVERTAKE_CLIENT_CONNECTION_H_
#define OVERTAKE_CLIENT_CONNECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/tls.h"

namespace overtake::client {

class Deadline;

// A TCP connection whose every wait is bounded, under TLS if wanted. Knows nothing of what is said
// over it.
// For one thread at a time.
class Connection {
 public:
  // Takes all of the bytes that have just arrived. Returns whether everything that was waited for
  // has now been read.
  using OnInput = absl::FunctionRef<absl::StatusOr<bool>(absl::string_view)>;

  // Tries every address of `host` (a name or a numeric address), for no longer than `timeout` in
  // all. Looking up a name is the resolver's business and not bounded by it.
  // Errors: DeadlineExceeded, Unavailable (nobody listens, no such host, TLS fails),
  // InvalidArgument (files of `tls`).
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& host, int port,
                                                          absl::Duration timeout,
                                                          const TlsOptions& tls = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends all of `output` and hands what arrives to `on_input`, both at once: a peer that stops
  // reading until its replies are read, as servers do, cannot bring this to a halt. Returns when
  // all is sent and on_input has returned true (`done`: nothing was waited for to begin with).
  // Errors: DeadlineExceeded, Unavailable (closed or reset), or that of on_input.
  // `prefix` is sent in front of `output`, in the same packet if it fits.
  absl::Status Exchange(absl::string_view prefix, absl::string_view output, bool done,
                        OnInput on_input, absl::Duration timeout);

  // Unavailable if the peer has closed the connection, DataLoss if bytes wait that nobody asked
  // for. Does not block.
  absl::Status CheckQuiet();

 private:
  explicit Connection(int fd);
  absl::Status StartTls(const TlsOptions& options, const std::string& host,
                        const Deadline& deadline);
  // Sends what TLS has to send; *may_send turns false when the socket takes no more.
  absl::Status SendOutgoing(bool* may_send);
  // recv() into input_; 0: nothing there now.
  absl::StatusOr<size_t> Receive(int flags);
  // Hands the first `received` bytes of input_ to on_input, decrypted.
  absl::StatusOr<bool> Deliver(size_t received, bool done, OnInput on_input);

  const int fd_;
  std::unique_ptr<Tls> tls_;  // null: none
  std::vector<char> input_;   // What one recv() may bring.
};

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_CONNECTION_H_
