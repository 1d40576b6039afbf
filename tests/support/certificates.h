// Certificates for tests of TLS, made on the spot.
#pragma once

#include <string>

namespace overtake::tests {

struct CertificateSpec {
  std::string name = "localhost";  // the subject's common name
  int from_days = -1;              // validity, from now
  int until_days = 30;
  std::string issuer{};  // path of its issuer's files as below; "": signs itself, as an authority
};

// Makes an EC key and a certificate for it: the files `path`.crt and `path`.key, both in PEM
// format. Throws std::runtime_error when that fails.
void MakeCertificate(const std::string& path, const CertificateSpec& spec = {});

}  // namespace overtake::tests
