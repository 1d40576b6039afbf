// A TlsContext by OpenSSL.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "dispatch/openssl/library.h"
#include "dispatch/roles/tls_session.h"
#include "dispatch/tls_context.h"

namespace overtake {

class OpenSslContext final : public TlsContext {
 public:
  OpenSslContext(const TlsOptions& options, LogClosingFunction* log)
      : options_(options), log_(log) {}

  std::unique_ptr<TlsSession> NewSession(int fd, ListenTls tls) override;
  uint64_t handshake_errors() const override {
    return handshake_errors_.load(std::memory_order_relaxed);
  }
  uint64_t protocol_errors() const override {
    return protocol_errors_.load(std::memory_order_relaxed);
  }
  uint64_t new_sessions() const override { return new_sessions_.load(std::memory_order_relaxed); }
  int64_t seconds_since_refresh() const override;
  void CountHandshakeError() override { handshake_errors_.fetch_add(1, std::memory_order_relaxed); }

  // For the sessions.
  const TlsOptions& options() const { return options_; }
  void CountProtocolError() { protocol_errors_.fetch_add(1, std::memory_order_relaxed); }
  void CountNewSession() { new_sessions_.fetch_add(1, std::memory_order_relaxed); }
  void LogClosing(int fd, std::string_view why) const { log_(fd, why); }

 private:
  std::string Load() override;

  const TlsOptions options_;
  LogClosingFunction* const log_;
  mutable Mutex mutex_;
  std::shared_ptr<SSL_CTX> current_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point loaded_ ABSL_GUARDED_BY(mutex_);
  std::atomic<uint64_t> handshake_errors_{0};
  std::atomic<uint64_t> protocol_errors_{0};
  std::atomic<uint64_t> new_sessions_{0};
};

}  // namespace overtake
