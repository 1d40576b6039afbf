// What all TLS connections of a server share: certificate, key and settings.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dispatch/mutex.h"

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
  bool kernel_tls = false;                // the kernel encrypts, where it can
};

// Gives each connection its TlsSession. Any thread.
class TlsContext {
 public:
  // Reads the files. InvalidArgument, with memcached's message, when one of them is missing or
  // wrong, when they do not belong together, or when a certificate is not valid now.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Create(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Reads the files again, for connections to come. With an error everything stays as it was.
  absl::Status Refresh();

  // Null when there is no memory. The context must outlive the session, which does not own `fd`.
  std::unique_ptr<TlsSession> NewSession(int fd);

  const TlsOptions& options() const { return options_; }

  // Statistics.
  uint64_t handshake_errors() const { return handshake_errors_.load(std::memory_order_relaxed); }
  uint64_t new_sessions() const { return new_sessions_.load(std::memory_order_relaxed); }
  int64_t seconds_since_refresh() const;

  // For the sessions.
  void CountHandshakeError() { handshake_errors_.fetch_add(1, std::memory_order_relaxed); }
  void CountNewSession() { new_sessions_.fetch_add(1, std::memory_order_relaxed); }

 private:
  explicit TlsContext(const TlsOptions& options) : options_(options) {}
  // A new SSL_CTX as the options say.
  absl::StatusOr<std::shared_ptr<SSL_CTX>> Load();

  const TlsOptions options_;
  mutable Mutex mutex_;
  std::shared_ptr<SSL_CTX> current_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point loaded_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> handshake_errors_{0};
  std::atomic<uint64_t> new_sessions_{0};
};

}  // namespace overtake
