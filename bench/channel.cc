#include "bench/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <csignal>

#include "absl/strings/str_cat.h"

namespace overtake::bench {
namespace {

// One for all channels; never freed.
SSL_CTX* ClientContext() {
  static SSL_CTX* const context = [] {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_read_ahead(made, 1);
    return made;
  }();
  return context;
}

absl::Status TlsError(absl::string_view what) {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return absl::UnavailableError(
      absl::StrCat(what, " under TLS: ", reason != nullptr ? reason : "the connection ended"));
}

}  // namespace

void Channel::SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }

absl::StatusOr<Channel> Channel::Open(const Endpoint& endpoint) {
  absl::StatusOr<UniqueFd> fd = Connect(endpoint);
  if (!fd.ok()) return fd.status();
  Channel channel(*std::move(fd));
  if (!endpoint.tls) return channel;
  channel.ssl_.reset(SSL_new(ClientContext()));
  if (channel.ssl_ == nullptr || SSL_set_fd(channel.ssl_.get(), channel.fd()) != 1 ||
      SSL_connect(channel.ssl_.get()) != 1) {
    return TlsError("connect");
  }
  return channel;
}

absl::Status Channel::SendAll(absl::string_view bytes) {
  if (ssl_ == nullptr) return bench::SendAll(fd_.get(), bytes);
  size_t sent = 0;
  if (bytes.empty() || SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1) {
    return absl::OkStatus();
  }
  return TlsError("send");
}

absl::StatusOr<size_t> Channel::Receive(char* buffer, size_t size) {
  if (ssl_ == nullptr) return bench::Receive(fd_.get(), buffer, size);
  size_t received = 0;
  if (SSL_read_ex(ssl_.get(), buffer, size, &received) == 1) return received;
  return TlsError("receive");
}

bool Channel::pending() const { return ssl_ != nullptr && SSL_has_pending(ssl_.get()) == 1; }

}  // namespace overtake::bench
