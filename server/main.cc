// The server's process: flags, limits, signals, the clock's tick.
#include <malloc.h>
#include <sysexits.h>

#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "dispatch/architecture.h"
#include "dispatch/thread_name.h"
#include "server/clock.h"
#include "server/flags.h"
#include "server/process.h"
#include "server/service.h"
#include "server/settings.h"
#include "server/storage/store.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace overtake {
namespace {

void ConfigureLogging(int verbosity) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("overtake"));
  spdlog::set_pattern("%v");
  spdlog::set_level(verbosity > 0 ? spdlog::level::debug : spdlog::level::info);
}

// Large buffers go straight back to the system when they are freed: a large multiget must not
// leave the process large. Set explicitly, glibc no longer raises the threshold by itself.
void ConfigureMalloc() { mallopt(M_MMAP_THRESHOLD, 128 * 1024); }

sigset_t BlockSignals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGUSR1);  // memcached's graceful end
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  return ending;
}

// Ticks the clock at each full second until a signal ends the server; returns it.
int TickUntilSignal(const sigset_t& ending, Clock* clock) {
  constexpr long kNanosPerSecond = 1'000'000'000;
  while (true) {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const timespec rest = {.tv_sec = 0, .tv_nsec = kNanosPerSecond - 1 - now.tv_nsec};
    const int signal = sigtimedwait(&ending, nullptr, &rest);
    if (signal > 0) return signal;
    clock->Tick();
  }
}

// Makes the process what the flags ask for. The order matters: what needs privilege comes before it
// is given up, and memory is locked by the process that goes on.
absl::Status PrepareProcess(const Settings& settings, PidFile* pid_file) {
  if (settings.core_dumps) {
    if (absl::Status status = AllowCoreDumps(); !status.ok()) return status;
  }
  absl::Status status = RaiseDescriptorLimit(settings.dispatch.max_connections);
  if (status.ok() && !settings.user.empty()) status = BecomeUser(settings.user);
  if (status.ok() && settings.daemonize) status = Daemonize(settings.verbosity > 0);
  if (status.ok() && settings.lock_memory) status = LockMemory();
  if (status.ok() && settings.daemonize && !settings.pid_file.empty()) {
    // As in memcached, no reason not to serve.
    const absl::Status written = pid_file->Write(settings.pid_file);
    if (!written.ok()) spdlog::error("{}", std::string(written.message()));
  }
  return status;
}

int ExitStatusOf(const absl::Status& status) {
  return absl::IsNotFound(status) ? EX_NOUSER : EX_OSERR;
}

int Main(int argc, char** argv) {
  Settings settings;
  if (const std::optional<int> status = ParseFlags(argc, argv, &settings)) return *status;
  ConfigureLogging(settings.verbosity);
  ConfigureMalloc();
  for (const std::string& option : settings.without_effect) {
    spdlog::debug("{} has no effect in this server", option);
  }
  PidFile pid_file;
  if (const absl::Status status = PrepareProcess(settings, &pid_file); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return ExitStatusOf(status);
  }
  // Before any thread starts: threads inherit the mask, so that signals wait for this one.
  const sigset_t ending = BlockSignals();

  Clock clock;
  StoreOptions store_options = settings.store;
  store_options.clock = [&clock] { return clock.Now(); };
  const std::unique_ptr<Store> store = MakeStore(store_options);
  Service service(&settings, &clock, store.get());
  auto architecture = Architecture::Start(settings.dispatch, &service);
  if (!architecture.ok()) {
    spdlog::error("{}", std::string(architecture.status().message()));
    return EX_OSERR;
  }
  service.set_architecture(architecture->get());
  if (const absl::Status status = PublishPorts((*architecture)->PortLines()); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
  }
  spdlog::debug("listening on port {}, --dispatch={}", settings.dispatch.port,
                InfoOf(settings.dispatch.mode).name);

  const int signal = TickUntilSignal(ending, &clock);
  spdlog::info("Signal handled: {}.", strsignal(signal));
  service.set_architecture(nullptr);
  architecture->reset();
  return EX_OK;
}

}  // namespace
}  // namespace overtake

int main(int argc, char** argv) { return overtake::Main(argc, argv); }
