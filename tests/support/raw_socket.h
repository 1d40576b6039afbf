// A client that knows nothing of the protocol: bytes out, bytes in, and every way to hang up.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/modes.h"

namespace overtake::tests {

// How long a read or a write may take before the test is failed instead of hanging. No test passes
// by waiting this long.
constexpr std::chrono::milliseconds kGiveUp{10000 * kPatience};

class RawSocket {
 public:
  // Connects to 127.0.0.1:port with TCP_NODELAY. `receive_buffer`, if not 0, is set as SO_RCVBUF
  // before, so that the server feels back pressure early.
  explicit RawSocket(int port, int receive_buffer = 0);
  // Connects to a UNIX socket.
  explicit RawSocket(const std::string& path);
  ~RawSocket();
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&& other) noexcept;

  bool connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // True if every byte was handed to the kernel.
  bool Send(std::string_view bytes, std::chrono::milliseconds limit = kGiveUp);

  // Sends in pieces that end before each offset in `cuts` (ascending), with a pause between them
  // that lets the server see each alone.
  bool SendInPieces(std::string_view bytes, const std::vector<size_t>& cuts);

  // What the kernel takes without blocking; returns how many bytes.
  size_t SendWithoutBlocking(std::string_view bytes);

  // Appends some of what has arrived. False if there is nothing, now or, once closed(), any more.
  bool ReceiveWithoutBlocking(std::string* received, size_t at_most = SIZE_MAX);

  // These return what came; less than asked for means that the peer closed or that the limit
  // passed.
  std::string ReadBytes(size_t count, std::chrono::milliseconds limit = kGiveUp);
  std::string ReadUntil(std::string_view end, std::chrono::milliseconds limit = kGiveUp);
  std::string ReadUntilClosed(std::chrono::milliseconds limit = kGiveUp);
  std::string ReadUntilQuiet(std::chrono::milliseconds quiet);

  // Waits for bytes and appends what came. False if none did.
  bool ReadMore(std::string* received, std::chrono::milliseconds limit = kGiveUp);

  // Sends a request and reads until the reply ends with `end`.
  std::string Ask(std::string_view request, std::string_view end = "\r\n");

  // The peer closed or reset the connection, and everything it sent before was read.
  bool closed() const { return closed_; }

  void HalfClose();  // no more bytes from us; replies can still come
  void Reset();      // RST instead of FIN
  void Close();

 private:
  // Waits for bytes and appends them to *received. False if closed or the deadline passed.
  bool ReadSome(std::string* received, size_t at_most,
                std::chrono::steady_clock::time_point deadline);

  int fd_ = -1;
  bool closed_ = false;
};

}  // namespace overtake::tests
