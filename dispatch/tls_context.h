// What all TLS connections of a server share: certificate, key and settings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dispatch/listen_address.h"

namespace overtake {

class TlsSession;

// memcached's ssl_* options.
struct TlsOptions {
  std::string chain_cert;  // file in PEM format: the server's certificate, then its issuers'
  std::string key;         // file with its private key; "": the same file
  int key_format = 1;      // as SSL_FILETYPE_: 1 PEM, 2 DER
  int verify_mode = 0;     // of clients' certificates; as SSL_VERIFY_
  std::string ca_cert;     // file in PEM format: who may have signed them; "": nobody
  std::string ciphers;     // for TLS up to 1.2, as in openssl-ciphers(1); "": OpenSSL's choice
  int min_version = 2;     // TLS 1.x
  size_t write_buffer_bytes = 16 * 1024;  // what a reader gathers for one SSL_write
  bool session_cache = false;             // resumption by session id, not only by ticket
};

// Gives each connection its TlsSession. Any thread.
//
// What implements it lies in a shared library of its own, openssl/, which is loaded when the first
// context is made: OpenSSL would cost a server without TLS 2 MB of resident memory.
class TlsContext {
 public:
  // Reads the files. InvalidArgument, with memcached's message, when one of them is missing or
  // wrong, when they do not belong together, or when a certificate is not valid now; Unavailable
  // when the library cannot be loaded.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Create(const TlsOptions& options);
  virtual ~TlsContext() = default;
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Reads the files again, for connections to come. With an error everything stays as it was.
  absl::Status Refresh();

  // Null when there is no memory. The context must outlive the session, which does not own `fd`.
  // `tls` says whether its client has to show a certificate; it is not kOff.
  virtual std::unique_ptr<TlsSession> NewSession(int fd, ListenTls tls) = 0;

  // A handshake was given up by the reader that holds its session.
  virtual void CountHandshakeError() = 0;

  // Statistics.
  virtual uint64_t handshake_errors() const = 0;
  virtual uint64_t protocol_errors() const = 0;  // after the handshake
  virtual uint64_t new_sessions() const = 0;
  virtual int64_t seconds_since_refresh() const = 0;

 protected:
  TlsContext() = default;

 private:
  // As Refresh; returns what is wrong, or "".
  virtual std::string Load() = 0;
};

}  // namespace overtake
