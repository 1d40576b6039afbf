// The server's process: flags, limits, signals, the clock's tick.
#include <malloc.h>
#include <sys/resource.h>
#include <sysexits.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "dispatch/architecture.h"
#include "dispatch/thread_name.h"
#include "server/clock.h"
#include "server/flags.h"
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

// One descriptor for each connection, and some for listening sockets and event loops. Where the
// system allows no more than the connections, accepting pauses when they run out.
bool RaiseDescriptorLimit(int connections) {
  constexpr rlim_t kOwn = 512;
  const rlim_t needed = static_cast<rlim_t>(connections);
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= needed + kOwn) return true;
  const rlimit raised = {.rlim_cur = needed + kOwn,
                         .rlim_max = std::max(limit.rlim_max, needed + kOwn)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return true;
  limit.rlim_cur = limit.rlim_max;
  return limit.rlim_max >= needed && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Large buffers go straight back to the system when they are freed: a large multiget must not
// leave the process large. Set explicitly, glibc no longer raises the threshold by itself.
void ConfigureMalloc() { mallopt(M_MMAP_THRESHOLD, 128 * 1024); }

sigset_t BlockSignals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
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

int Main(int argc, char** argv) {
  Settings settings;
  if (const std::optional<int> status = ParseFlags(argc, argv, &settings)) return *status;
  ConfigureLogging(settings.verbosity);
  ConfigureMalloc();
  // Before any thread starts: threads inherit the mask, so that signals wait for this one.
  const sigset_t ending = BlockSignals();
  if (!RaiseDescriptorLimit(settings.dispatch.max_connections)) {
    spdlog::error(
        "failed to set rlimit for open files. Try starting as root or requesting smaller maxconns "
        "value.");
    return EX_OSERR;
  }

  Clock clock;
  const std::unique_ptr<Store> store = MakeStore(settings.store);
  Service service(&settings, &clock, store.get());
  auto architecture = Architecture::Start(settings.dispatch, &service);
  if (!architecture.ok()) {
    spdlog::error("{}", std::string(architecture.status().message()));
    return EX_OSERR;
  }
  service.set_architecture(architecture->get());
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
