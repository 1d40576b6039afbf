#include "client/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace overtake::client {
namespace {

absl::Status CannotUse(absl::string_view what, const std::string& file) {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " ", file, ": ", reason != nullptr ? reason : "cannot be used"));
}

absl::Status LoadFiles(const TlsOptions& options, SSL_CTX* context) {
  ERR_clear_error();
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1) {
    return CannotUse("authorities", options.ca_file);
  }
  if (options.certificate_file.empty()) return absl::OkStatus();
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
    return CannotUse("certificate", options.certificate_file);
  }
  const std::string& key = options.key_file.empty() ? options.certificate_file : options.key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return CannotUse("key", key);
  }
  return absl::OkStatus();
}

// The certificate must name the host: as an address if it is one, otherwise as a name.
void ExpectHost(const std::string& host, SSL* ssl) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return;
  X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size());
  SSL_set_tlsext_host_name(ssl, host.c_str());
}

}  // namespace

void Tls::Deleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void Tls::Deleter::operator()(SSL* ssl) const { SSL_free(ssl); }

absl::StatusOr<std::unique_ptr<Tls>> Tls::Create(const TlsOptions& options,
                                                 const std::string& host) {
  std::unique_ptr<Tls> tls(new Tls);
  tls->context_.reset(SSL_CTX_new(TLS_client_method()));
  if (tls->context_ == nullptr) return absl::ResourceExhaustedError("no memory for TLS");
  SSL_CTX_set_min_proto_version(tls->context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(tls->context_.get(), SSL_VERIFY_PEER, nullptr);
  if (absl::Status status = LoadFiles(options, tls->context_.get()); !status.ok()) return status;
  tls->ssl_.reset(SSL_new(tls->context_.get()));
  tls->from_server_ = BIO_new(BIO_s_mem());
  tls->to_server_ = BIO_new(BIO_s_mem());
  if (tls->ssl_ == nullptr || tls->from_server_ == nullptr || tls->to_server_ == nullptr) {
    BIO_free(tls->from_server_);
    BIO_free(tls->to_server_);
    return absl::ResourceExhaustedError("no memory for TLS");
  }
  SSL_set_bio(tls->ssl_.get(), tls->from_server_, tls->to_server_);
  SSL_set_connect_state(tls->ssl_.get());
  ExpectHost(host, tls->ssl_.get());
  return tls;
}

absl::StatusOr<bool> Tls::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  const int error = SSL_get_error(ssl_.get(), result);
  TakeOutgoing();
  if (result == 1) return true;
  if (error == SSL_ERROR_WANT_READ) return false;
  return Failure("TLS handshake");
}

absl::Status Tls::Encrypt(absl::string_view* plain) {
  constexpr size_t kRecordBytes = 16 * 1024;
  const size_t bytes = std::min(plain->size(), kRecordBytes);
  size_t written = 0;
  ERR_clear_error();
  if (bytes > 0 && SSL_write_ex(ssl_.get(), plain->data(), bytes, &written) != 1) {
    return Failure("TLS");
  }
  plain->remove_prefix(written);
  TakeOutgoing();
  return absl::OkStatus();
}

void Tls::TakeOutgoing() {
  const size_t before = outgoing_.size();
  outgoing_.resize(before + BIO_ctrl_pending(to_server_));
  const size_t wanted = outgoing_.size() - before;
  if (wanted > 0) BIO_read(to_server_, outgoing_.data() + before, static_cast<int>(wanted));
}

void Tls::Feed(absl::string_view bytes) {
  BIO_write(from_server_, bytes.data(), static_cast<int>(bytes.size()));
}

absl::StatusOr<size_t> Tls::Decrypt(char* to, size_t room) {
  size_t got = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), to, room, &got);
  if (result == 1) return got;
  const int error = SSL_get_error(ssl_.get(), result);
  TakeOutgoing();
  if (error == SSL_ERROR_WANT_READ) return size_t{0};
  if (error == SSL_ERROR_ZERO_RETURN) {
    return absl::UnavailableError("the server closed the connection");
  }
  return Failure("TLS");
}

absl::Status Tls::Failure(absl::string_view what) const {
  const long verified = SSL_get_verify_result(ssl_.get());
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  if (verified != X509_V_OK) reason = X509_verify_cert_error_string(verified);
  ERR_clear_error();
  return absl::UnavailableError(
      absl::StrCat(what, ": ", reason != nullptr ? reason : "the connection ended"));
}

}  // namespace overtake::client
