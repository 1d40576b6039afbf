#include "server/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace overtake {
namespace {

bool WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::trunc);
  file << content;
  file.close();
  return !file.fail();
}

// What a file of a process's id holds; 0 if there is none.
pid_t ReadPid(const std::string& path) {
  pid_t pid = 0;
  std::ifstream(path) >> pid;
  return pid;
}

// Writes `path` by way of a file beside it, so that nobody reads half of it.
absl::Status ReplaceFile(const std::string& path, const char* suffix, const std::string& content) {
  const std::string unfinished = path + suffix;
  if (WriteFile(unfinished, content) && rename(unfinished.c_str(), path.c_str()) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;
  unlink(unfinished.c_str());
  return absl::ErrnoToStatus(error, absl::StrCat("could not write ", path));
}

// Has the stack grow now: where memory is locked up to a limit, it may not grow later.
[[gnu::noinline]] void GrowStack() {
  constexpr size_t kEnough = 256 << 10;  // for the main thread, once the server runs
  char room[kEnough];
  explicit_bzero(room, sizeof(room));  // not left out by the compiler
}

}  // namespace

void OpenStandardStreams() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR);
  if (fd >= 0) close(fd);
}

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

void RaiseLockLimit() {
  rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_MEMLOCK, &limit);
}

absl::Status LockMemory() {
  rlimit limit = {.rlim_cur = 0, .rlim_max = 0};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  // Pages are locked when they are first used: stacks and -m would else take all their memory now.
  int what = MCL_CURRENT | MCL_ONFAULT;
  // MCL_FUTURE under a limit would have the system refuse memory that it cannot lock, and so end
  // the server when connections ask for more.
  if (limit.rlim_cur == RLIM_INFINITY) {
    what |= MCL_FUTURE;
  } else {
    GrowStack();
  }
  if (mlockall(what) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "-k: memory is not locked");
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

absl::Status Daemon::Fork() {
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "failed to daemonize");
  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "failed to daemonize");
  if (child > 0) {
    close(pipe[1]);
    char byte = 0;
    if (read(pipe[0], &byte, 1) == 1) _exit(EX_OK);
    int status = 0;
    const bool ended = waitpid(child, &status, 0) == child && WIFEXITED(status);
    _exit(ended ? WEXITSTATUS(status) : EX_OSERR);
  }
  close(pipe[0]);
  started_ = pipe[1];
  if (setsid() < 0 || chdir("/") != 0) return absl::ErrnoToStatus(errno, "failed to daemonize");
  return absl::OkStatus();
}

absl::Status Daemon::Started(bool keep_output) {
  if (!keep_output) {
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return absl::ErrnoToStatus(errno, "failed to open /dev/null");
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
    close(null);
  }
  // Where the first process was killed meanwhile, nobody is told.
  [[maybe_unused]] const ssize_t written = write(started_, "", 1);
  close(started_);
  return absl::OkStatus();
}

PidFile::~PidFile() {
  if (!path_.empty() && ReadPid(path_) == getpid()) unlink(path_.c_str());
}

absl::Status PidFile::Write(const std::string& path) {
  const pid_t before = ReadPid(path);
  if (before > 0 && before != getpid() && kill(before, 0) == 0) {
    spdlog::warn("the pid file {} named the process {}, which is running", path, before);
  }
  absl::Status status = ReplaceFile(path, ".tmp", absl::StrCat(getpid(), "\n"));
  if (status.ok()) path_ = path;
  return status;
}

absl::Status PublishPorts(const std::string& lines) {
  const char* const path = std::getenv("MEMCACHED_PORT_FILENAME");
  if (path == nullptr || *path == '\0') return absl::OkStatus();
  return ReplaceFile(path, ".lck", lines);
}

}  // namespace overtake
