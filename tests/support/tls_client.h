// A client under TLS that can be as rude as a RawSocket.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/raw_socket.h"

namespace overtake::tests {

class TlsClient;

struct TlsClientOptions {
  int version = 3;            // TLS 1.x, and no other
  std::string certificate{};  // path of its own, as MakeCertificate's; "": none
  size_t piece_bytes = 0;     // what is sent goes out in pieces of so many bytes; 0: at once
  int receive_buffer = 0;     // as RawSocket's
  const TlsClient* resumes = nullptr;  // whose session it asks to go on with
};

// OpenSSL works on memory here and the bytes of TLS go over a RawSocket, so that they can be cut
// anywhere. The server's certificate is taken as it is; a test looks at it.
class TlsClient {
 public:
  // Connects to 127.0.0.1:port; says nothing yet.
  explicit TlsClient(int port, const TlsClientOptions& options = {});
  ~TlsClient();

  // The handshake. With TLS 1.3 the server may still refuse what the client showed: the first read
  // tells.
  bool Handshake();

  // As RawSocket's, below TLS.
  bool Send(std::string_view bytes);
  std::string ReadUntil(std::string_view end);
  std::string ReadBytes(size_t count);
  std::string ReadUntilClosed();
  // Handshake, if that was not done, and a request and its reply. "" when anything fails.
  std::string Ask(std::string_view request, std::string_view end = "\r\n");

  // The bytes of TLS that `bytes` become, not sent.
  std::string Encrypt(std::string_view bytes);
  // The beginning of a handshake, not sent.
  std::string Hello();
  // The end of a handshake whose other bytes are exchanged, not sent. "" when anything fails.
  std::string Finished();

  // Tells the server that nothing more will come.
  void CloseNotify();
  // The server has said that nothing more will come.
  bool notified() const;

  bool resumed() const;  // the server has agreed to TlsClientOptions::resumes

  std::string PeerName() const;  // the common name in the server's certificate
  RawSocket& socket() { return socket_; }

 private:
  struct Deleter {
    void operator()(SSL_CTX* context) const;
    void operator()(SSL* ssl) const;
  };

  bool Flush();      // sends what OpenSSL has to send
  bool TakeInput();  // gives OpenSSL what the server sends next
  // Appends what the server sent to *received; false when there is nothing more to come.
  bool ReadMore(std::string* received, size_t at_most);

  const TlsClientOptions options_;
  RawSocket socket_;
  std::unique_ptr<SSL_CTX, Deleter> context_;
  std::unique_ptr<SSL, Deleter> ssl_;
  BIO* input_;   // the session's
  BIO* output_;  // the session's
};

}  // namespace overtake::tests
