#include "tests/support/server_process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "tests/support/proc.h"
#include "tests/support/raw_socket.h"

namespace overtake::tests {
namespace {

using Clock = std::chrono::steady_clock;

void Nap() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

std::string ReadFd(int fd) {
  std::string text;
  char chunk[4096];
  ssize_t got;
  while ((got = pread(fd, chunk, sizeof chunk, static_cast<off_t>(text.size()))) > 0) {
    text.append(chunk, static_cast<size_t>(got));
  }
  return text;
}

// fork and exec. Output goes to the given descriptors; -1 leaves our own.
pid_t Launch(const std::string& binary, const std::vector<std::string>& arguments, int out,
             int err) {
  std::vector<char*> argv = {const_cast<char*>(binary.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  // Only async-signal-safe calls from here: the parent may have threads.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  if (out >= 0) dup2(out, STDOUT_FILENO);
  if (err >= 0) dup2(err, STDERR_FILENO);
  execvp(argv[0], argv.data());
  _exit(127);
}

int ExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Waits for the child for at most `seconds`, then kills it.
int WaitForEnd(pid_t pid, int seconds) {
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  int status = 0;
  for (;;) {
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) return ExitCode(status);
    if (ended < 0 && errno != EINTR) return -1;
    if (Clock::now() > deadline) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return -1;
    }
    Nap();
  }
}

// Takes the machine-wide name of a port, so that two tests do not use it at once. (Two servers that
// both set SO_REUSEPORT would share the port and each other's clients without an error.) Returns
// the descriptor that holds it, or -1.
int LockPort(int port) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // A leading NUL makes the name abstract: no file, freed when the descriptor is closed.
  const std::string name = "overtake-test-port-" + std::to_string(port);
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) return fd;
  close(fd);
  return -1;
}

std::vector<std::string> CommonArguments(const ServerOptions& options) {
  return {"-l", "127.0.0.1",
          "-t", std::to_string(options.threads),
          "-m", std::to_string(options.memory_mb),
          "-c", std::to_string(options.max_connections)};
}

}  // namespace

std::vector<std::string> ServerArguments(const Mode& mode, const ServerOptions& options) {
  if (TestingMemcached()) return MemcachedArguments(options);
  std::vector<std::string> arguments = mode.flags;
  for (std::string& flag : arguments) {
    if (options.workers > 0 && flag.starts_with("--workers=") && flag != "--workers=0") {
      flag = "--workers=" + std::to_string(options.workers);
    }
  }
  for (const std::string& argument : CommonArguments(options)) arguments.push_back(argument);
  arguments.insert(arguments.end(), options.more.begin(), options.more.end());
  return arguments;
}

std::vector<std::string> MemcachedArguments(const ServerOptions& options) {
  std::vector<std::string> arguments = CommonArguments(options);
  for (const char* argument : {"-u", "root", "-U", "0"}) arguments.push_back(argument);
  for (const std::string& argument : options.more) {
    if (!argument.starts_with("--")) arguments.push_back(argument);  // the others are ours alone
  }
  return arguments;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int port = 0;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port = ntohs(address.sin_port);
  }
  close(fd);
  return port;
}

ServerProcess::~ServerProcess() {
  if (running()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (port_lock_ >= 0) close(port_lock_);
  if (stderr_ >= 0) close(stderr_);
}

bool ServerProcess::Start(const std::string& binary, const std::vector<std::string>& arguments) {
  constexpr int kPortsToTry = 5;
  bool ended = true;  // by itself: somebody else may have taken its port
  for (int attempt = 0; attempt < kPortsToTry && ended; attempt++) {
    PickPort();
    if (Spawn(binary, arguments)) return true;
    ended = !running();
  }
  std::string command = binary;
  for (const std::string& argument : arguments) command += " " + argument;
  ADD_FAILURE() << "does not come up: " << command << "\n" << Stderr();
  return false;
}

bool ServerProcess::StartOn(int port, const std::string& binary,
                            const std::vector<std::string>& arguments) {
  port_ = port;
  // A connection that somebody made since may hold the port for a moment.
  constexpr int kAttempts = 5;
  bool started = false;
  for (int attempt = 0; attempt < kAttempts && !started; attempt++) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    started = Spawn(binary, arguments);
    if (running()) break;
  }
  EXPECT_TRUE(started) << Stderr();
  return started;
}

void ServerProcess::PickPort() {
  do {
    if (port_lock_ >= 0) close(port_lock_);
    port_ = FreePort();
    port_lock_ = LockPort(port_);
  } while (port_lock_ < 0);
}

bool ServerProcess::StartOnSocket(const std::string& path, const std::string& binary,
                                  const std::vector<std::string>& arguments) {
  std::vector<std::string> all = arguments;
  all.insert(all.end(), {"-s", path});
  const bool started =
      Launched(binary, all) && WaitUntil([&] { return RawSocket(path).connected(); });
  EXPECT_TRUE(started) << Stderr();
  return started;
}

bool ServerProcess::Spawn(const std::string& binary, std::vector<std::string> arguments) {
  arguments.push_back("-p");
  arguments.push_back(std::to_string(port_));
  return Launched(binary, arguments) && WaitUntil([this] { return OwnsEveryListener(); });
}

bool ServerProcess::Launched(const std::string& binary, const std::vector<std::string>& arguments) {
  if (stderr_ >= 0) close(stderr_);
  stderr_ = memfd_create("server-stderr", MFD_CLOEXEC);
  pid_ = Launch(binary, arguments, stderr_, stderr_);
  return pid_ > 0;
}

template <typename Condition>
bool ServerProcess::WaitUntil(const Condition& listens) {
  const auto deadline = Clock::now() + std::chrono::seconds(20 * kPatience);
  int exit_code = 0;
  while (Clock::now() < deadline) {
    if (HasEnded(&exit_code)) return false;
    if (listens()) return true;
    Nap();
  }
  return false;
}

bool ServerProcess::HasEnded(int* exit_code) {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return false;
  pid_ = -1;
  *exit_code = ExitCode(status);
  return true;
}

bool ServerProcess::OwnsEveryListener() const {
  const auto listeners = ListenersOn(port_);
  if (listeners.empty()) return false;
  const auto descriptors = DescriptorsOf(pid_);
  return std::all_of(listeners.begin(), listeners.end(), [&](const std::string& inode) {
    return std::find(descriptors.begin(), descriptors.end(), "socket:[" + inode + "]") !=
           descriptors.end();
  });
}

int ServerProcess::Stop(int signal, int seconds) {
  if (!running()) return -1;
  kill(pid_, signal);
  const int code = WaitForEnd(pid_, seconds);
  pid_ = -1;
  return code;
}

std::string ServerProcess::Stderr() const { return stderr_ < 0 ? "" : ReadFd(stderr_); }
size_t ServerProcess::RssBytes() const { return RssBytesOf(pid_); }
size_t ServerProcess::FdCount() const { return DescriptorsOf(pid_).size(); }
double ServerProcess::CpuSeconds() const { return CpuSecondsOf(pid_); }
std::vector<std::string> ServerProcess::ThreadNames() const { return ThreadNamesOf(pid_); }

Finished RunToEnd(const std::string& binary, const std::vector<std::string>& arguments,
                  int seconds) {
  const int out = memfd_create("stdout", MFD_CLOEXEC);
  const int err = memfd_create("stderr", MFD_CLOEXEC);
  Finished finished;
  finished.exit_code = WaitForEnd(Launch(binary, arguments, out, err), seconds);
  finished.out = ReadFd(out);
  finished.err = ReadFd(err);
  close(out);
  close(err);
  return finished;
}

}  // namespace overtake::tests
