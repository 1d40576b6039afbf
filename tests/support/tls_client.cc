#include "tests/support/tls_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <vector>

namespace overtake::tests {

void TlsClient::Deleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void TlsClient::Deleter::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsClient::TlsClient(int port, const TlsClientOptions& options)
    : options_(options),
      socket_(port, options.receive_buffer),
      context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION + options.version);
  SSL_CTX_set_max_proto_version(context_.get(), TLS1_VERSION + options.version);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  if (!options.certificate.empty()) {
    SSL_CTX_use_certificate_chain_file(context_.get(), (options.certificate + ".crt").c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), (options.certificate + ".key").c_str(),
                                SSL_FILETYPE_PEM);
  }
  ssl_.reset(SSL_new(context_.get()));
  input_ = BIO_new(BIO_s_mem());
  output_ = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl_.get(), input_, output_);
  SSL_set_connect_state(ssl_.get());
  if (options.resumes != nullptr) {
    SSL_SESSION* const session = SSL_get1_session(options.resumes->ssl_.get());
    SSL_set_session(ssl_.get(), session);
    SSL_SESSION_free(session);
  }
}

TlsClient::~TlsClient() = default;

bool TlsClient::Flush() {
  std::string bytes = Encrypt("");
  if (options_.piece_bytes == 0) return socket_.Send(bytes);
  std::vector<size_t> cuts;
  for (size_t at = options_.piece_bytes; at < bytes.size(); at += options_.piece_bytes) {
    cuts.push_back(at);
  }
  return socket_.SendInPieces(bytes, cuts);
}

bool TlsClient::Handshake() {
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (!Flush()) return false;
    if (result == 1) return true;
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ || !TakeInput()) return false;
  }
}

bool TlsClient::TakeInput() {
  std::string bytes;
  if (!socket_.ReadMore(&bytes)) return false;
  return BIO_write(input_, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::string TlsClient::Encrypt(std::string_view bytes) {
  if (!bytes.empty()) SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  std::string encrypted(BIO_ctrl_pending(output_), '\0');
  BIO_read(output_, encrypted.data(), static_cast<int>(encrypted.size()));
  return encrypted;
}

std::string TlsClient::Hello() {
  SSL_do_handshake(ssl_.get());
  return Encrypt("");
}

std::string TlsClient::Finished() {
  if (!socket_.Send(Hello())) return "";
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    // TLS 1.2 waits for the server's Finished once it has said its own.
    std::string bytes = Encrypt("");
    if (!bytes.empty() || result == 1) return bytes;
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ || !TakeInput()) return "";
  }
}

bool TlsClient::Send(std::string_view bytes) {
  ERR_clear_error();
  if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) return false;
  return Flush();
}

bool TlsClient::ReadMore(std::string* received, size_t at_most) {
  std::array<char, 16384> chunk;
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), chunk.data(),
                             static_cast<int>(std::min<size_t>(at_most, chunk.size())));
    if (got > 0) {
      received->append(chunk.data(), static_cast<size_t>(got));
      return true;
    }
    if (SSL_get_error(ssl_.get(), got) != SSL_ERROR_WANT_READ || !TakeInput()) return false;
  }
}

std::string TlsClient::ReadUntil(std::string_view end) {
  std::string received;
  while (!received.ends_with(end) && ReadMore(&received, SIZE_MAX)) {
  }
  return received;
}

std::string TlsClient::ReadBytes(size_t count) {
  std::string received;
  while (received.size() < count && ReadMore(&received, count - received.size())) {
  }
  return received;
}

std::string TlsClient::ReadUntilClosed() {
  std::string received;
  while (ReadMore(&received, SIZE_MAX)) {
  }
  return received;
}

std::string TlsClient::Ask(std::string_view request, std::string_view end) {
  if (SSL_is_init_finished(ssl_.get()) == 0 && !Handshake()) return "";
  if (!Send(request)) return "";
  return ReadUntil(end);
}

void TlsClient::CloseNotify() {
  SSL_shutdown(ssl_.get());
  Flush();
}

bool TlsClient::notified() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TlsClient::resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

std::string TlsClient::PeerName() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return "";
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

}  // namespace overtake::tests
