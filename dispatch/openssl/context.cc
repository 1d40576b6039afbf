#include "dispatch/openssl/context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>
#include <utility>

#include "dispatch/openssl/session.h"

namespace overtake {
namespace {

// What OpenSSL says was wrong first; forgets the rest.
std::string FirstError() {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof(text));
  ERR_clear_error();
  return text;
}

std::string CannotLoad(const std::string& what, const std::string& file) {
  return "Error loading the " + what + ": " + file + " : " + FirstError();
}

// Nobody may be there to ask for a key's passphrase, least of all when it is read again.
int NoPassphrase(char*, int, int, void*) { return -1; }

int OnNewSession(SSL* ssl, SSL_SESSION*) {
  static_cast<OpenSslContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->CountNewSession();
  return 0;  // the session stays OpenSSL's
}

// The functions below return what is wrong, or "".

std::string CheckDates(X509* certificate, const std::string& file) {
  int error = X509_V_OK;
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    error = X509_V_ERR_CERT_NOT_YET_VALID;
  } else if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    error = X509_V_ERR_CERT_HAS_EXPIRED;
  }
  if (error == X509_V_OK) return "";
  return "Error validating the certificate: " + file + " : " + X509_verify_cert_error_string(error);
}

// Of the server's certificate and those that it sends along.
std::string CheckAllDates(SSL_CTX* context, const std::string& file) {
  std::string wrong = CheckDates(SSL_CTX_get0_certificate(context), file);
  STACK_OF(X509)* issuers = nullptr;
  SSL_CTX_get0_chain_certs(context, &issuers);
  for (int i = 0; wrong.empty() && i < sk_X509_num(issuers); ++i) {
    wrong = CheckDates(sk_X509_value(issuers, i), file);
  }
  return wrong;
}

std::string LoadFiles(const TlsOptions& options, SSL_CTX* context) {
  SSL_CTX_set_default_passwd_cb(context, NoPassphrase);
  if (options.chain_cert.empty()) {
    return "Error loading the certificate chain: none was given (-o ssl_chain_cert=<file>)";
  }
  if (SSL_CTX_use_certificate_chain_file(context, options.chain_cert.c_str()) != 1) {
    return CannotLoad("certificate chain", options.chain_cert);
  }
  const std::string& key = options.key.empty() ? options.chain_cert : options.key;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), options.key_format) != 1) {
    return CannotLoad("key", key);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return "Error validating the certificate: " + FirstError();
  }
  std::string wrong = CheckAllDates(context, options.chain_cert);
  if (!wrong.empty() || options.ca_cert.empty()) return wrong;
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(options.ca_cert.c_str());
  if (names == nullptr ||
      SSL_CTX_load_verify_locations(context, options.ca_cert.c_str(), nullptr) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return CannotLoad("CA certificate", options.ca_cert);
  }
  SSL_CTX_set_client_CA_list(context, names);
  return "";
}

// How sessions behave: see OpenSslSession.
void SetModes(const TlsOptions& options, SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION + options.min_version);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  // A connection that has nothing under way holds none of OpenSSL's buffers of 16 KB.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // A record's header and body with one read.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_verify(context, options.verify_mode, nullptr);
  SSL_CTX_set_session_cache_mode(
      context, options.session_cache ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
  SSL_CTX_sess_set_new_cb(context, OnNewSession);
}

// What `tls` says of certificates, where it is not what SetModes said of all.
void AskForCertificate(ListenTls tls, SSL* ssl) {
  if (tls == ListenTls::kBasic) SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  if (tls == ListenTls::kMutual) {
    SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  // Without a name, a session whose client was verified could not be resumed; with one for all,
  // whoever showed no certificate to one port could resume its session at another that asks for
  // one.
  const unsigned char name[] = {'o', 'v', 't', static_cast<unsigned char>(tls)};
  SSL_set_session_id_context(ssl, name, sizeof(name));
}

}  // namespace

std::string OpenSslContext::Load() {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return FirstError();
  SSL_CTX_set_app_data(context.get(), this);
  SetModes(options_, context.get());
  if (!options_.ciphers.empty() &&
      SSL_CTX_set_cipher_list(context.get(), options_.ciphers.c_str()) != 1) {
    ERR_clear_error();
    return "Error setting the provided cipher(s): " + options_.ciphers;
  }
  if (std::string wrong = LoadFiles(options_, context.get()); !wrong.empty()) return wrong;
  MutexLock lock(&mutex_);
  current_ = std::move(context);
  loaded_ = std::chrono::steady_clock::now();
  return "";
}

std::unique_ptr<TlsSession> OpenSslContext::NewSession(int fd, ListenTls tls) {
  std::shared_ptr<SSL_CTX> context;
  {
    MutexLock lock(&mutex_);
    context = current_;
  }
  std::unique_ptr<SSL, SslDeleter> ssl(SSL_new(context.get()));
  ERR_clear_error();
  if (ssl == nullptr) return nullptr;
  AskForCertificate(tls, ssl.get());
  auto session = std::make_unique<OpenSslSession>(std::move(ssl), fd, this);
  if (!session->usable()) return nullptr;
  return session;
}

int64_t OpenSslContext::seconds_since_refresh() const {
  MutexLock lock(&mutex_);
  const auto age = std::chrono::steady_clock::now() - loaded_;
  return std::chrono::duration_cast<std::chrono::seconds>(age).count();
}

}  // namespace overtake

extern "C" __attribute__((visibility("default"))) overtake::TlsContext* OvertakeCreateTlsContext(
    const overtake::TlsOptions& options, overtake::LogClosingFunction* log) {
  return new overtake::OpenSslContext(options, log);
}
