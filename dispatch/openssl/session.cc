#include "dispatch/openssl/session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "dispatch/openssl/context.h"

namespace overtake {
namespace {

// Of ciphertext in one Receive: some reads of OpenSSL's buffer. It bounds what records without data
// can make the reader do in one turn.
constexpr size_t kMaxTaken = 48 * 1024;

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK; }

// The first bytes of `pieces`, at most `limit`, in one place: where they are, or in a buffer of
// this thread's until the next call. Asked again with the same bytes and more, it gives no fewer.
absl::Span<const char> Contiguous(absl::Span<const iovec> pieces, size_t limit) {
  const auto* const first = static_cast<const char*>(pieces[0].iov_base);
  if (pieces.size() == 1 || pieces[0].iov_len >= limit) {
    return {first, std::min(pieces[0].iov_len, limit)};
  }
  thread_local std::vector<char> gathered;
  if (gathered.size() < limit) gathered.resize(limit);
  size_t size = 0;
  for (const iovec& piece : pieces) {
    const size_t taken = std::min(piece.iov_len, limit - size);
    std::memcpy(gathered.data() + size, piece.iov_base, taken);
    size += taken;
  }
  return {gathered.data(), size};
}

}  // namespace

// OpenSSL's way to the socket. Its own would not say when the socket is exhausted.
struct TlsSocket {
  static OpenSslSession* Of(BIO* bio) { return static_cast<OpenSslSession*>(BIO_get_data(bio)); }

  static int Read(BIO* bio, char* to, int room) {
    OpenSslSession* const session = Of(bio);
    BIO_clear_retry_flags(bio);
    if (session->MayTakeMore()) {
      ssize_t got;
      do {
        got = recv(session->fd_, to, static_cast<size_t>(room), 0);
      } while (got < 0 && errno == EINTR);
      session->ended_ = got == 0;
      session->drained_ = got < room;
      session->blocked_ = got < 0 && WouldBlock();
      if (got > 0) session->taken_ += static_cast<size_t>(got);
      if (!session->blocked_) return static_cast<int>(got);
    }
    BIO_set_retry_read(bio);
    return -1;
  }

  static int Write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    ssize_t sent;
    do {
      sent = send(Of(bio)->fd_, from, static_cast<size_t>(size), MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && WouldBlock()) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "overtake");
      BIO_meth_set_read(made, Read);
      BIO_meth_set_write(made, Write);
      BIO_meth_set_ctrl(made, Control);
      return made;
    }();
    return method;
  }
};

void SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }

OpenSslSession::OpenSslSession(std::unique_ptr<SSL, SslDeleter> ssl, int fd,
                               OpenSslContext* context)
    : fd_(fd), context_(context), ssl_(std::move(ssl)) {
  SSL_set_accept_state(ssl_.get());
  BIO* const bio = BIO_new(TlsSocket::Method());
  usable_ = bio != nullptr;
  if (!usable_) return;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

OpenSslSession::~OpenSslSession() = default;

TransferResult OpenSslSession::Receive(char* to, size_t room) {
  taken_ = 0;
  delivered_ = drained_ = blocked_ = ended_ = false;
  size_t bytes = 0;
  do {
    size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), to + bytes, room - bytes, &got);
    if (result != 1) {
      const TransferResult nothing = NothingReceived(SSL_get_error(ssl_.get(), result));
      if (bytes == 0) return nothing;
      // How the connection ended is found out again after what came before was seen to.
      return {Transfer::kSome, bytes, nothing.what == Transfer::kBlocked && nothing.exhausted};
    }
    established_ = delivered_ = true;
    bytes += got;
  } while (bytes < room && SSL_has_pending(ssl_.get()) == 1);
  return {Transfer::kSome, bytes, drained_ && SSL_has_pending(ssl_.get()) == 0};
}

// A request comes with one recv, and its reply finds out whether the client is still there. While
// there is nothing to answer, only the socket itself can say so: behind a short read may stand its
// end, of which the kernel has told already.
bool OpenSslSession::MayTakeMore() const {
  if (blocked_ || taken_ >= kMaxTaken) return false;
  return !(drained_ && delivered_);
}

TransferResult OpenSslSession::NothingReceived(int error) {
  switch (error) {
    case SSL_ERROR_WANT_READ:
      established_ = SSL_is_init_finished(ssl_.get()) == 1;
      if (!blocked_ && !(drained_ && delivered_)) return {Transfer::kYield, 0, false};
      return {Transfer::kBlocked, 0, true};
    case SSL_ERROR_WANT_WRITE:
      return {Transfer::kBlocked, 0, false};
    case SSL_ERROR_ZERO_RETURN:
      return {Transfer::kEnded, 0, true};
    default:
      Fail(error);
      return {ended_ ? Transfer::kEnded : Transfer::kFailed, 0, true};
  }
}

TransferResult OpenSslSession::Send(absl::Span<const iovec> pieces) {
  const absl::Span<const char> bytes = Contiguous(pieces, context_->options().write_buffer_bytes);
  size_t sent = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent);
  if (result == 1) return {Transfer::kSome, sent, false};
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_WRITE) return {Transfer::kBlocked, 0, true};
  Fail(error);
  return {Transfer::kFailed, 0, true};
}

void OpenSslSession::Close() {
  if (!established_ || broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

// A client that goes away is its own business; one that breaks the protocol is worth a line.
void OpenSslSession::Fail(int error) {
  if (broken_) return;
  broken_ = true;
  if (error != SSL_ERROR_SSL) return;
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const int reason = ERR_GET_REASON(code);
  const char* const words = ERR_reason_error_string(code);
  std::string why = established_ ? "TLS: " : "TLS handshake: ";
  why += words == nullptr ? "unknown error" : words;
  if (!established_) {
    context_->CountHandshakeError();
    if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER) {
      why += " (the client does not speak TLS)";
    }
  } else {
    context_->CountProtocolError();
  }
  context_->LogClosing(fd_, why);
}

}  // namespace overtake
