#include "server/tls_options.h"

#include <openssl/ssl.h>

#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace overtake {
namespace {

constexpr uint32_t kMaxWriteBufferKilobytes = 64 * 1024;

absl::Status CannotParse(absl::string_view key) {
  return absl::InvalidArgumentError(absl::StrCat("could not parse argument to ", key));
}

absl::Status NoSuch(absl::string_view key) {
  return absl::InvalidArgumentError(
      absl::StrCat("Invalid ", key, ". Use help to see valid options."));
}

// memcached takes the numbers that OpenSSL has for the formats, though its help shows the names.
absl::Status ParseKeyFormat(absl::string_view key, absl::string_view value, int* format) {
  const std::string name = absl::AsciiStrToUpper(value);
  if (name == "PEM") {
    *format = SSL_FILETYPE_PEM;
  } else if (name == "DER") {
    *format = SSL_FILETYPE_ASN1;
  } else if (!absl::SimpleAtoi(value, format)) {
    return CannotParse(key);
  }
  return absl::OkStatus();
}

absl::Status ParseVerifyMode(absl::string_view key, absl::string_view value, int* mode) {
  constexpr int kRequire = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  constexpr int kModes[] = {SSL_VERIFY_NONE, SSL_VERIFY_PEER, kRequire,
                            kRequire | SSL_VERIFY_CLIENT_ONCE};
  uint32_t number = 0;
  if (!absl::SimpleAtoi(value, &number)) return CannotParse(key);
  if (number >= std::size(kModes)) return NoSuch(key);
  *mode = kModes[number];
  return absl::OkStatus();
}

absl::Status ParseMinVersion(absl::string_view key, absl::string_view value, int* version) {
  constexpr int kNewest = 3;
  int number = 0;
  if (!absl::SimpleAtoi(value, &number)) return CannotParse(key);
  if (number < 0 || number > kNewest) return NoSuch(key);
  *version = number;
  return absl::OkStatus();
}

absl::Status ParseWriteBuffer(absl::string_view key, absl::string_view value, size_t* bytes) {
  uint32_t kilobytes = 0;
  if (!absl::SimpleAtoi(value, &kilobytes)) return CannotParse(key);
  if (kilobytes == 0 || kilobytes > kMaxWriteBufferKilobytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, " must be from 1 to ", kMaxWriteBufferKilobytes, " kilobytes"));
  }
  *bytes = size_t{kilobytes} * 1024;
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseTlsOption(absl::string_view key, bool has_value, absl::string_view value,
                            TlsOptions* options) {
  absl::Status status;
  if (key == "ssl_session_cache") {
    options->session_cache = true;
    return status;
  }
  std::string* text = nullptr;
  if (key == "ssl_chain_cert") text = &options->chain_cert;
  if (key == "ssl_key") text = &options->key;
  if (key == "ssl_ciphers") text = &options->ciphers;
  if (key == "ssl_ca_cert") text = &options->ca_cert;
  const bool has_number = key == "ssl_verify_mode" || key == "ssl_keyformat" ||
                          key == "ssl_min_version" || key == "ssl_wbuf_size";
  if (text == nullptr && !has_number) {
    return absl::InvalidArgumentError(absl::StrCat("Illegal suboption \"", key, "\""));
  }
  if (!has_value) return absl::InvalidArgumentError(absl::StrCat("Missing ", key, " argument"));
  if (text != nullptr) {
    if (value.empty())
      return absl::InvalidArgumentError(absl::StrCat("Missing ", key, " argument"));
    *text = std::string(value);
    return status;
  }
  if (key == "ssl_verify_mode") return ParseVerifyMode(key, value, &options->verify_mode);
  if (key == "ssl_keyformat") return ParseKeyFormat(key, value, &options->key_format);
  if (key == "ssl_min_version") return ParseMinVersion(key, value, &options->min_version);
  return ParseWriteBuffer(key, value, &options->write_buffer_bytes);
}

}  // namespace overtake
