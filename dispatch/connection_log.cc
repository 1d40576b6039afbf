#include "dispatch/connection_log.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "spdlog/spdlog.h"

namespace overtake {
namespace {

class LineLimit {
 public:
  // Whether a line may be written now; *left_out is how many could not be before this one.
  bool Allow(int* left_out) {
    const auto now = std::chrono::steady_clock::now();
    MutexLock lock(&mutex_);
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      lines_ = 0;
    }
    if (lines_ >= kMaxLinesASecond) {
      ++left_out_;
      return false;
    }
    ++lines_;
    *left_out = left_out_;
    left_out_ = 0;
    return true;
  }

 private:
  Mutex mutex_;
  std::chrono::steady_clock::time_point second_ ABSL_GUARDED_BY(mutex_);
  int lines_ ABSL_GUARDED_BY(mutex_) = 0;
  int left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

std::string PeerOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "a client";
  if (address.ss_family == AF_UNIX) return "a UNIX socket";
  if (getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof(host), port,
                  sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "a client";
  }
  return address.ss_family == AF_INET6 ? absl::StrCat("[", host, "]:", port)
                                       : absl::StrCat(host, ":", port);
}

}  // namespace

void LogClosing(int fd, std::string_view why) {
  static auto* const limit = new LineLimit;
  int left_out = 0;
  if (!limit->Allow(&left_out)) return;
  if (left_out > 0) spdlog::warn("{} more connections were closed for such reasons", left_out);
  spdlog::warn("closing the connection from {}: {}", PeerOf(fd), why);
}

}  // namespace overtake
