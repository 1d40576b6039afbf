#include "tests/support/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>

namespace overtake::tests {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, decltype(&std::fclose)>;

void Check(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error("cannot make a certificate: " + what);
}

File Open(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), std::fclose);
  Check(file != nullptr, path);
  return file;
}

void AddExtension(X509* certificate, X509* issuer, int name, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, name, value);
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value);
  X509_EXTENSION_free(extension);
}

}  // namespace

void MakeCertificate(const std::string& path, const CertificateSpec& spec) {
  constexpr long kSecondsPerDay = 24 * 60 * 60;
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate certificate(X509_new(), X509_free);
  Check(key != nullptr && certificate != nullptr, "key");
  X509* const x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), static_cast<long>(std::random_device()() >> 1));
  X509_gmtime_adj(X509_getm_notBefore(x509), spec.from_days * kSecondsPerDay);
  X509_gmtime_adj(X509_getm_notAfter(x509), spec.until_days * kSecondsPerDay);
  X509_set_pubkey(x509, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(spec.name.c_str()), -1, -1, 0);

  Key issuer_key(nullptr, EVP_PKEY_free);
  Certificate issuer(nullptr, X509_free);
  if (!spec.issuer.empty()) {
    issuer_key.reset(
        PEM_read_PrivateKey(Open(spec.issuer + ".key", "r").get(), nullptr, nullptr, nullptr));
    issuer.reset(PEM_read_X509(Open(spec.issuer + ".crt", "r").get(), nullptr, nullptr, nullptr));
    Check(issuer_key != nullptr && issuer != nullptr, spec.issuer);
  }
  X509* const signer = issuer != nullptr ? issuer.get() : x509;
  X509_set_issuer_name(x509, X509_get_subject_name(signer));
  AddExtension(x509, signer, NID_basic_constraints, spec.issuer.empty() ? "CA:TRUE" : "CA:FALSE");
  AddExtension(x509, signer, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  EVP_PKEY* const signing = issuer_key != nullptr ? issuer_key.get() : key.get();
  Check(X509_sign(x509, signing, EVP_sha256()) != 0, "signature");

  Check(PEM_write_X509(Open(path + ".crt", "w").get(), x509) == 1, path);
  Check(PEM_write_PrivateKey(Open(path + ".key", "w").get(), key.get(), nullptr, nullptr, 0,
                             nullptr, nullptr) == 1,
        path);
}

}  // namespace overtake::tests
