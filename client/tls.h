#ifndef OVERTAKE_CLIENT_TLS_H_
#define OVERTAKE_CLIENT_TLS_H_

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake::client {

struct TlsOptions {
  bool enabled = false;
  // Who may have signed the server's certificate: a file in PEM format; "": whom the system trusts.
  std::string ca_file;
  // The client's own certificate and key, files in PEM format; "": none.
  std::string certificate_file;
  std::string key_file;
};

// The client's side of TLS 1.2 or later between what is said and the bytes on the wire; it has no
// socket. For one thread at a time.
class Tls {
 public:
  // `host` is what the server's certificate must be for: a name or an address.
  // InvalidArgument: a file is missing or wrong.
  static absl::StatusOr<std::unique_ptr<Tls>> Create(const TlsOptions& options,
                                                     const std::string& host);

  // Goes on with the handshake. True when it is done; false when it needs bytes from the server.
  // Unavailable: it has failed, the message says why.
  absl::StatusOr<bool> Handshake();

  // Takes the front of `plain`, at most a record's worth, and makes it bytes to be sent.
  absl::Status Encrypt(absl::string_view* plain);
  // What is to be sent to the server, from the handshake, too; valid until the next call.
  absl::string_view outgoing() const { return outgoing_; }
  void Sent(size_t bytes) { outgoing_.erase(0, bytes); }

  // Bytes that came from the server.
  void Feed(absl::string_view bytes);
  // What they say, as far as it is there: at most `room` bytes to `to`; 0: nothing yet.
  // Unavailable: the server has ended the connection, or what came is no TLS.
  absl::StatusOr<size_t> Decrypt(char* to, size_t room);

 private:
  struct Deleter {
    void operator()(SSL_CTX* context) const;
    void operator()(SSL* ssl) const;
  };

  Tls() = default;
  void TakeOutgoing();
  absl::Status Failure(absl::string_view what) const;

  std::unique_ptr<SSL_CTX, Deleter> context_;
  std::unique_ptr<SSL, Deleter> ssl_;
  BIO* from_server_ = nullptr;  // both the session's
  BIO* to_server_ = nullptr;
  std::string outgoing_;
};

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_TLS_H_
