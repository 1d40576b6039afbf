// Lines of the log about connections and their requests, as memcached has them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "dispatch/handler.h"
#include "dispatch/peer_address.h"
#include "protocol/reply.h"
#include "protocol/request.h"

namespace overtake {

// With -v: "<26 new client connection from 127.0.0.1:40000", "<26 connection closed.". The number
// is the connection's descriptor.
void LogOpened(int fd, const PeerAddress& peer);
void LogClosed(int fd, CloseReason reason);

// With -vv, around the execution of a request: "<26 get k" and the reply's first line, ">26 END";
// or
// ">26 NOREPLY" where it must not have one. A request that is executed in parts has its lines once.
class RequestLog {
 public:
  // Logs the request, which is about to be executed and will append to `reply`.
  RequestLog(int connection, const Request& request, const Continuation& continuation,
             const Reply& reply);
  void Replied(const Reply& reply) const;

 private:
  const int connection_;
  const size_t reply_bytes_;  // before
  const bool tells_;          // whether the reply begins now
  const bool noreply_;
};

// `bytes` for people: on one line, of characters that a terminal only shows ("\\x1b" for others),
// at most kMaxShownBytes of them, then how many there are.
std::string Shown(std::string_view bytes);
inline constexpr size_t kMaxShownBytes = 512;

}  // namespace overtake
