// Who is at the other end of a connection.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

namespace overtake {

// A client's address as accept(2) gave it: a socket that was reset does not know it any more.
struct PeerAddress {
  PeerAddress() = default;
  explicit PeerAddress(const sockaddr_storage& from) : family(from.ss_family) {
    if (family == AF_INET) {
      sockaddr_in in;
      std::memcpy(&in, &from, sizeof(in));
      port = ntohs(in.sin_port);
      std::memcpy(bytes, &in.sin_addr, sizeof(in.sin_addr));
    } else if (family == AF_INET6) {
      sockaddr_in6 in;
      std::memcpy(&in, &from, sizeof(in));
      port = ntohs(in.sin6_port);
      std::memcpy(bytes, &in.sin6_addr, sizeof(in.sin6_addr));
    }
  }

  uint16_t family = AF_UNSPEC;
  uint16_t port = 0;       // of AF_INET and AF_INET6, in the host's order
  uint8_t bytes[16] = {};  // the address, in the network's order; AF_INET: the first 4
};

}  // namespace overtake
