#include "server/watch/watch_command.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "protocol/key_list.h"

namespace overtake {
namespace {

// False when there is no such kind. Some that memcached knows never happen here.
bool AddKind(std::string_view word, Observed* kinds) {
  struct Kind {
    std::string_view word;
    Observed bit;
  };
  constexpr Kind kKinds[] = {{"fetchers", kFetchers},   {"mutations", kMutations},
                             {"evictions", kEvictions}, {"connevents", kConnEvents},
                             {"deletions", kDeletions}, {"rawcmds", 0},
                             {"sysevents", 0},          {"proxyreqs", 0},
                             {"proxyevents", 0},        {"proxyuser", 0}};
  for (const Kind& kind : kKinds) {
    if (kind.word != word) continue;
    *kinds |= kind.bit;
    return true;
  }
  return false;
}

// "" or an error.
std::string_view Begin(bool allowed, EventLog* log, const Request& request,
                       Continuation* continuation, const Reply& reply) {
  if (!allowed) return "CLIENT_ERROR watch commands not allowed";
  if (!reply.empty()) return "ERROR cannot pipeline other commands before watch";
  Observed kinds = 0;
  bool any = false;
  KeyList words(request.text);
  std::string_view word;
  while (words.Next(&word)) {
    if (!AddKind(word, &kinds)) return "ERROR";
    any = true;
  }
  continuation->place = log->AddWatcher(any ? kinds : kFetchers);
  return continuation->place == 0 ? "WATCHER_TOO_MANY log watcher limit reached" : "";
}

// "rip=127.0.0.1 rport=1234 transport=tcp"
std::string NameOf(const PeerAddress& peer) {
  if (peer.family != AF_INET && peer.family != AF_INET6) return "rip=unix rport=0 transport=local";
  char text[INET6_ADDRSTRLEN];
  inet_ntop(peer.family, peer.bytes, text, sizeof(text));
  return absl::StrCat("rip=", text, " rport=", peer.port, " transport=tcp");
}

absl::string_view NameOf(CloseReason reason) {
  switch (reason) {
    case CloseReason::kNormal:
      return "normal";
    case CloseReason::kIdleTimeout:
      return "idle_timeout";
    case CloseReason::kShutdown:
      return "shutdown";
    case CloseReason::kError:
      break;
  }
  return "error";
}

}  // namespace

RequestHandler::Outcome Watch(bool allowed, EventLog* log, const Request& request,
                              Continuation* continuation, Reply* reply) {
  if (continuation->place != 0) {
    log->Take(continuation->place, reply);
    return RequestHandler::Outcome::kWait;
  }
  // memcached takes "noreply" for a kind that there is not, and silences the error.
  const std::string_view error = Begin(allowed, log, request, continuation, *reply);
  if (error.empty()) {
    reply->AppendLine("OK");
    return RequestHandler::Outcome::kWait;
  }
  if (!request.noreply) reply->AppendLine(error);
  return RequestHandler::Outcome::kDone;
}

void TellOpened(EventLog* log, int fd, const PeerAddress& peer) {
  if (!log->Wants(kConnEvents)) return;
  log->Write(kConnEvents, absl::StrCat("type=conn_new ", NameOf(peer), " cfd=", fd));
}

void TellClosing(EventLog* log, int fd, const PeerAddress& peer, CloseReason reason) {
  if (!log->Wants(kConnEvents)) return;
  log->Write(kConnEvents, absl::StrCat("type=conn_close ", NameOf(peer), " reason=", NameOf(reason),
                                       " cfd=", fd));
}

}  // namespace overtake
