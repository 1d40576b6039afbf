#include "bench/server_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/channel.h"
#include "bench/clock.h"

namespace overtake::bench {
namespace {

constexpr int64_t kStartTimeoutNs = 10 * kNsPerSecond;
constexpr std::chrono::milliseconds kPoll(10);
constexpr off_t kOutputShown = 500;  // bytes of a dead server's last words

bool AnswersVersion(const Endpoint& endpoint) {
  absl::StatusOr<Channel> channel = Channel::Open(endpoint);
  if (!channel.ok() || !channel->SendAll("version\r\n").ok()) return false;
  std::array<char, 256> buffer;
  const absl::StatusOr<size_t> received = channel->Receive(buffer.data(), buffer.size());
  return received.ok() && absl::StartsWith({buffer.data(), *received}, "VERSION");
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) return absl::StrCat("was killed by signal ", WTERMSIG(status));
  return absl::StrCat("exited with status ", WEXITSTATUS(status));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const ServerSpec& spec,
                                                                    int first_port) {
  const absl::StatusOr<int> port = FindFreePort(first_port);
  if (!port.ok()) return port.status();
  std::unique_ptr<ServerProcess> server(new ServerProcess(spec.name));
  server->endpoint_.port = *port;
  server->endpoint_.tls = spec.tls;
  if (absl::Status status = server->Spawn(spec); !status.ok()) return status;
  if (absl::Status status = server->WaitUntilItAnswers(); !status.ok()) return status;
  return server;
}

ServerProcess::~ServerProcess() {
  if (pid_ <= 0 || !death_.ok()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::Status ServerProcess::Spawn(const ServerSpec& spec) {
  std::vector<std::string> arguments = spec.argv;
  std::replace(arguments.begin(), arguments.end(), std::string("{port}"),
               absl::StrCat(endpoint_.port));
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  output_ = UniqueFd(memfd_create("server-output", MFD_CLOEXEC));
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) return absl::ErrnoToStatus(errno, "fork");
  if (pid_ > 0) return absl::OkStatus();

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);  // the parent died before the line above
  dup2(output_.get(), STDOUT_FILENO);
  dup2(output_.get(), STDERR_FILENO);
  execv(argv[0], argv.data());
  perror(argv[0]);
  _exit(127);
}

absl::Status ServerProcess::WaitUntilItAnswers() {
  const int64_t deadline = NowNs() + kStartTimeoutNs;
  while (NowNs() < deadline) {
    if (absl::Status status = CheckAlive(); !status.ok()) return status;
    if (AnswersVersion(endpoint_)) return absl::OkStatus();
    std::this_thread::sleep_for(kPoll);
  }
  return absl::DeadlineExceededError(absl::StrCat(name_, " did not answer on port ", endpoint_.port,
                                                  "; it printed:\n", LastOutput()));
}

absl::Status ServerProcess::CheckAlive() {
  int status = 0;
  if (death_.ok() && waitpid(pid_, &status, WNOHANG) == pid_) {
    death_ = absl::UnavailableError(absl::StrCat("server ", name_, " ", HowItEnded(status),
                                                 "; it last printed:\n", LastOutput()));
  }
  return death_;
}

absl::Status ServerProcess::CauseOf(const absl::Status& outcome) {
  constexpr int kPolls = 50;
  for (int poll = 0; poll < (outcome.ok() ? 1 : kPolls); ++poll) {
    if (poll > 0) std::this_thread::sleep_for(kPoll);
    if (absl::Status alive = CheckAlive(); !alive.ok()) return alive;
  }
  return outcome;
}

void ServerProcess::Signal(int signal) const {
  if (pid_ > 0 && death_.ok()) kill(pid_, signal);
}

std::string ServerProcess::LastOutput() const {
  struct stat info {};
  if (fstat(output_.get(), &info) != 0) return "";
  std::array<char, kOutputShown> buffer;
  const off_t from = std::max<off_t>(0, info.st_size - kOutputShown);
  const ssize_t size = pread(output_.get(), buffer.data(), buffer.size(), from);
  return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : "(nothing)";
}

absl::StatusOr<ProcessCpu> ServerProcess::Cpu() const {
  clockid_t clock;
  timespec total;
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &total) != 0) {
    return absl::UnavailableError(absl::StrCat("no CPU clock for server ", name_));
  }
  // proc(5): the 14th and 15th fields, in clock ticks; the second, a name, may hold spaces.
  std::ifstream file(absl::StrCat("/proc/", pid_, "/stat"));
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0, system_ticks = 0;
  if (!(fields >> user_ticks >> system_ticks)) {
    return absl::UnavailableError(absl::StrCat("cannot read /proc/", pid_, "/stat"));
  }
  const double tick_ns = static_cast<double>(kNsPerSecond) / sysconf(_SC_CLK_TCK);
  return ProcessCpu{.total_ns = static_cast<double>(total.tv_sec * kNsPerSecond + total.tv_nsec),
                    .user_ns = user_ticks * tick_ns,
                    .system_ns = system_ticks * tick_ns};
}

absl::StatusOr<uint64_t> ServerProcess::ResidentBytes() const {
  std::ifstream file(absl::StrCat("/proc/", pid_, "/status"));
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "VmRSS:")) continue;
    uint64_t kilobytes = 0;
    std::istringstream(line.substr(line.find(':') + 1)) >> kilobytes;
    return kilobytes * 1024;
  }
  return absl::UnavailableError(absl::StrCat("cannot read /proc/", pid_, "/status"));
}

}  // namespace overtake::bench
