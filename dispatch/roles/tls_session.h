// One connection under TLS.
#pragma once

#include <openssl/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/types/span.h"

namespace overtake {

class TlsContext;

// What became of an attempt to receive or to send on a non-blocking socket.
enum class Transfer : uint8_t {
  kSome,     // some bytes were moved
  kBlocked,  // none; the kernel reports when it is worth trying again
  kYield,    // none, though there is something to do: again, after others had their turn
  kFailed,   // the connection has ended
};

struct TransferResult {
  Transfer what;
  size_t bytes;
  // The socket holds nothing more, or takes nothing more, until the kernel says otherwise. False
  // with kBlocked: what blocked was the other direction.
  bool exhausted;
};

struct SslDeleter {
  void operator()(SSL* ssl) const;
};

// The server's side of TLS 1.2 or 1.3 (RFC 5246, RFC 8446) over a non-blocking socket that it does
// not own. The handshake happens inside of Receive, as far as what has arrived allows. Its reader's
// thread, or the worker's that has its job.
//
// OpenSSL reads and writes through functions of this class rather than from the socket: a turn is
// bounded whatever the client sends, an ordinary request takes one recv as it does without TLS, and
// whether the socket is exhausted is known without another one.
class TlsSession {
 public:
  // Use TlsContext::NewSession. `context` must outlive the session.
  TlsSession(std::unique_ptr<SSL, SslDeleter> ssl, int fd, TlsContext* context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // As Transport's. Send takes one record's worth (at most the context's write buffer).
  TransferResult Receive(char* to, size_t room);
  TransferResult Send(absl::Span<const iovec> pieces);

  bool established() const { return established_; }
  bool usable() const { return usable_; }  // false: there was no memory for it

  // Sends close_notify, if that is possible without waiting.
  void Close();

 private:
  friend struct TlsSocket;  // what OpenSSL calls

  TransferResult NothingReceived(int error);  // as SSL_get_error says
  void Fail(int error);

  const int fd_;
  TlsContext* const context_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  bool usable_ = false;
  bool established_ = false;
  bool broken_ = false;  // after a fatal error nothing more can be said

  // Of the Receive under way, where it is not OpenSSL that has the socket (kernel_tls).
  size_t taken_ = 0;      // bytes read from the socket
  bool drained_ = false;  // it holds no more
};

}  // namespace overtake
