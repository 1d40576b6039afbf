// One connection under TLS.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace overtake {

// What became of an attempt to receive or to send on a non-blocking socket.
enum class Transfer : uint8_t {
  kSome,     // some bytes were moved
  kBlocked,  // none; the kernel reports when it is worth trying again
  kYield,    // none, though there is something to do: again, after others had their turn
  kEnded,    // none, and none will come: the client has closed its side
  kFailed,   // the connection is broken
};

struct TransferResult {
  Transfer what;
  size_t bytes;
  // The socket holds nothing more, or takes nothing more, until the kernel says otherwise. False
  // with kBlocked: what blocked was the other direction. With kSome it may be that the socket has
  // come to its end: only kBlocked says that it has not.
  bool exhausted;
};

// The server's side of TLS 1.2 or 1.3 (RFC 5246, RFC 8446) over a non-blocking socket that it does
// not own. The handshake happens inside of Receive, as far as what has arrived allows. Its reader's
// thread, or the worker's that has its job.
class TlsSession {
 public:
  virtual ~TlsSession() = default;
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // As Transport's. Send takes one record's worth (at most the context's write buffer).
  virtual TransferResult Receive(char* to, size_t room) = 0;
  virtual TransferResult Send(absl::Span<const iovec> pieces) = 0;

  virtual bool established() const = 0;

  // Sends close_notify, if that is possible without waiting.
  virtual void Close() = 0;

 protected:
  TlsSession() = default;
};

}  // namespace overtake
