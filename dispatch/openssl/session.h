// A TlsSession by OpenSSL.
#pragma once

#include <openssl/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>

#include "absl/types/span.h"
#include "dispatch/roles/tls_session.h"

namespace overtake {

class OpenSslContext;

struct SslDeleter {
  void operator()(SSL* ssl) const;
};

// OpenSSL reads and writes through functions of this class rather than from the socket: a turn is
// bounded whatever the client sends, an ordinary request takes one recv as it does without TLS, and
// whether the socket is exhausted is known without another one.
class OpenSslSession final : public TlsSession {
 public:
  // Use OpenSslContext::NewSession. `context` must outlive the session.
  OpenSslSession(std::unique_ptr<SSL, SslDeleter> ssl, int fd, OpenSslContext* context);
  ~OpenSslSession() override;

  TransferResult Receive(char* to, size_t room) override;
  TransferResult Send(absl::Span<const iovec> pieces) override;
  bool established() const override { return established_; }
  void Close() override;

  bool usable() const { return usable_; }  // false: there was no memory for it

 private:
  friend struct TlsSocket;  // what OpenSSL calls

  bool MayTakeMore() const;
  TransferResult NothingReceived(int error);  // as SSL_get_error says
  void Fail(int error);

  const int fd_;
  OpenSslContext* const context_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  bool usable_ = false;
  bool established_ = false;
  bool broken_ = false;  // after a fatal error nothing more can be said

  // Of the Receive under way.
  size_t taken_ = 0;        // bytes read from the socket
  bool delivered_ = false;  // some of what they hold was given to the caller
  bool drained_ = false;    // the socket gave less than was asked for
  bool blocked_ = false;    // it has nothing, and is not at its end
  bool ended_ = false;      // it is at its end: the client has closed it
};

}  // namespace overtake
