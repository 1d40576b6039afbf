#include "server/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace overtake {
namespace {

bool WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::trunc);
  file << content;
  file.close();
  return !file.fail();
}

}  // namespace

absl::Status RaiseDescriptorLimit(int connections) {
  constexpr rlim_t kOwn = 512;
  const rlim_t needed = static_cast<rlim_t>(connections);
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    if (limit.rlim_cur >= needed + kOwn) return absl::OkStatus();
    const rlimit raised = {.rlim_cur = needed + kOwn,
                           .rlim_max = std::max(limit.rlim_max, needed + kOwn)};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return absl::OkStatus();
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max >= needed && setrlimit(RLIMIT_NOFILE, &limit) == 0) return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      "failed to set rlimit for open files. Try starting as root or requesting smaller maxconns "
      "value.");
}

absl::Status AllowCoreDumps() {
  rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  if (setrlimit(RLIMIT_CORE, &limit) == 0) return absl::OkStatus();
  if (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > 0) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_CORE, &limit) == 0) return absl::OkStatus();
  }
  return absl::PermissionDeniedError("failed to ensure corefile creation");
}

absl::Status LockMemory() {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "failed to lock memory (-k)");
}

absl::Status BecomeUser(const std::string& user) {
  if (getuid() != 0 && geteuid() != 0) return absl::OkStatus();
  const passwd* const entry = getpwnam(user.c_str());
  if (entry == nullptr) {
    return absl::NotFoundError(absl::StrCat("can't find the user ", user, " to switch to"));
  }
  if (initgroups(entry->pw_name, entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
      setuid(entry->pw_uid) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("failed to assume identity of user ", user));
  }
  return absl::OkStatus();
}

absl::Status Daemonize(bool keep_output) {
  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "failed to daemonize");
  if (child > 0) _exit(0);
  if (setsid() < 0 || chdir("/") != 0) return absl::ErrnoToStatus(errno, "failed to daemonize");
  if (keep_output) return absl::OkStatus();
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return absl::ErrnoToStatus(errno, "failed to open /dev/null");
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
  if (null > STDERR_FILENO) close(null);
  return absl::OkStatus();
}

PidFile::~PidFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

absl::Status PidFile::Write(const std::string& path) {
  if (!WriteFile(path, absl::StrCat(getpid(), "\n"))) {
    return absl::ErrnoToStatus(errno, absl::StrCat("could not write the pid file ", path));
  }
  path_ = path;
  return absl::OkStatus();
}

absl::Status PublishPorts(const std::string& lines) {
  const char* const path = std::getenv("MEMCACHED_PORT_FILENAME");
  if (path == nullptr) return absl::OkStatus();
  const std::string unfinished = absl::StrCat(path, ".lck");
  if (!WriteFile(unfinished, lines) || rename(unfinished.c_str(), path) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("could not write the ports to ", path));
  }
  return absl::OkStatus();
}

}  // namespace overtake
