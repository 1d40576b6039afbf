#ifndef OVERTAKE_TESTS_UNIT_FAKE_SERVER_H_
#define OVERTAKE_TESTS_UNIT_FAKE_SERVER_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/string_view.h"

namespace overtake::client {

// The server's end of the connection to a FakeServer.
class FakePeer {
 public:
  explicit FakePeer(int fd) : fd_(fd) {}
  ~FakePeer() { Close(); }

  // Reads as many bytes as `expected` has and checks that they are the same.
  void Expect(absl::string_view expected) { EXPECT_EQ(Read(expected.size()), expected); }

  // Reads `size` bytes, or fewer when the client closes the connection or stays silent.
  std::string Read(size_t size) {
    std::string bytes(size, '\0');
    size_t got = 0;
    while (got < size) {
      pollfd waited{.fd = fd_, .events = POLLIN, .revents = 0};
      if (poll(&waited, 1, kPatienceMs) != 1) break;
      const ssize_t received = recv(fd_, bytes.data() + got, size - got, 0);
      if (received <= 0) break;
      got += received;
    }
    bytes.resize(got);
    return bytes;
  }

  // False when the client has closed the connection.
  bool Send(absl::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(sent);
    }
    return true;
  }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  static constexpr int kPatienceMs = 10000;
  int fd_;
};

// Listens on a free port of the loopback interface and plays `script` to the first connection, on a
// thread of its own. The connection stays open until the FakeServer is destroyed, unless the script
// closes it. Destroy the client first if the script waits for it to close.
class FakeServer {
 public:
  explicit FakeServer(std::function<void(FakePeer&)> script)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script)] {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;  // Nobody connected before the end.
      peer_ = std::make_unique<FakePeer>(fd);
      script(*peer_);
    });
  }

  ~FakeServer() {
    shutdown(listener_, SHUT_RDWR);  // Wakes accept4().
    thread_.join();
    close(listener_);
  }

  int port() const { return port_; }

 private:
  const int listener_;
  int port_;
  std::unique_ptr<FakePeer> peer_;  // Written by thread_; read again after it was joined.
  std::thread thread_;
};

}  // namespace overtake::client

#endif  // OVERTAKE_TESTS_UNIT_FAKE_SERVER_H_
