// `stats conns`.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "dispatch/request_times.h"
#include "server/stats/sections.h"

namespace overtake {
namespace {

using NameOf = int (*)(int, sockaddr*, socklen_t*);  // getsockname or getpeername

// "tcp:127.0.0.1:11211", "tcp6:[::1]:11211", "unix:/path"; "" if it has none.
std::string AddressOf(int fd, NameOf name_of) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (name_of(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  char text[INET6_ADDRSTRLEN];
  if (address.ss_family == AF_INET) {
    const auto* const in = reinterpret_cast<const sockaddr_in*>(&address);
    inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
    return absl::StrCat("tcp:", text, ":", ntohs(in->sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto* const in = reinterpret_cast<const sockaddr_in6*>(&address);
    inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof(text));
    return absl::StrCat("tcp6:[", text, "]:", ntohs(in->sin6_port));
  }
  if (address.ss_family != AF_UNIX) return "";
  const auto* const un = reinterpret_cast<const sockaddr_un*>(&address);
  // Clients of a UNIX socket have no name as a rule.
  return size > sizeof(sa_family_t) ? absl::StrCat("unix:", un->sun_path) : "unix";
}

void FillSocket(int fd, StatsSink* out) {
  int is_listening = 0;
  socklen_t size = sizeof(is_listening);
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) != 0) return;
  const std::string number = std::to_string(fd);
  const StatLabel connection = {"connection", number};
  if (is_listening != 0) {
    out->Text({"addr", connection}, AddressOf(fd, getsockname));
    out->Text({"state", connection}, "conn_listening");
    out->Gauge({"secs_since_last_cmd", connection}, 0);
    return;
  }
  const std::string peer = AddressOf(fd, getpeername);
  if (peer.empty()) return;
  int unread = 0;
  const bool has_input = ioctl(fd, FIONREAD, &unread) == 0 && unread > 0;
  out->Text({"addr", connection}, peer);
  out->Text({"listen_addr", connection}, AddressOf(fd, getsockname));
  out->Text({"state", connection}, has_input ? "conn_waiting" : "conn_read");
  out->Gauge({"secs_since_last_cmd", connection}, RequestTimes::OfProcess().SecondsSince(fd));
}

}  // namespace

bool FillConnections(const StatsSource&, uint64_t* place, StatsSink* out) {
  constexpr uint64_t kDescriptorsAtOnce = 256;
  constexpr uint64_t kMaxDescriptors = 1 << 20;  // what Linux allows a process (fs.nr_open)
  rlimit allowed = {.rlim_cur = kMaxDescriptors, .rlim_max = kMaxDescriptors};
  getrlimit(RLIMIT_NOFILE, &allowed);
  const uint64_t last = std::min<uint64_t>(allowed.rlim_cur, kMaxDescriptors);
  const uint64_t first = std::max<uint64_t>(*place, STDERR_FILENO + 1);
  const uint64_t end = std::min(first + kDescriptorsAtOnce, last);
  for (uint64_t fd = first; fd < end; ++fd) FillSocket(static_cast<int>(fd), out);
  *place = end;
  return end < last;
}

}  // namespace overtake
