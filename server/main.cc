// The server's process: flags, limits, signals, the clock's tick.
#include <event2/event.h>
#include <malloc.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "base/thread_name.h"
#include "dispatch/architecture.h"
#include "dispatch/tls_context.h"
#include "server/clock.h"
#include "server/credentials.h"
#include "server/flags.h"
#include "server/logging.h"
#include "server/process.h"
#include "server/service.h"
#include "server/settings.h"
#include "server/storage/store.h"
#include "server/watch/event_log.h"
#include "spdlog/spdlog.h"

namespace overtake {
namespace {

// Large buffers go straight back to the system when they are freed: a large multiget must not
// leave the process large. Set explicitly, glibc no longer raises the threshold by itself, nor the
// one from which it gives back the end of a heap: with its 128 KB, a reader of multigets would have
// the blocks of each reply taken from it when they were sent, and page them in again for the next.
void ConfigureMalloc() {
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR1);  // memcached's graceful end
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// What guards the server's connections. Outlives them.
struct Security {
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<Credentials> credentials;
};

// A hang-up, as in memcached: certificates and the users' file, where there are any, are read
// again.
void ReadAgain(const Security& security) {
  const auto tell = [](const absl::Status& status, const char* what) {
    if (status.ok()) {
      spdlog::info("{} were read again", what);
    } else {
      spdlog::error("{}; {} stay as they are", std::string(status.message()), what);
    }
  };
  if (security.tls != nullptr) tell(security.tls->Refresh(), "the certificates");
  if (security.credentials != nullptr) tell(security.credentials->Reload(), "the users");
}

// Ticks the clock at each full second, has costs learnt and freed memory returned, until a signal
// ends the server; returns it.
int TickUntilSignal(const sigset_t& signals, Clock* clock, const Security& security,
                    CostModel* costs, Architecture* architecture) {
  constexpr long kNanosPerSecond = 1'000'000'000;
  while (true) {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const timespec rest = {.tv_sec = 0, .tv_nsec = kNanosPerSecond - 1 - now.tv_nsec};
    const int signal = sigtimedwait(&signals, nullptr, &rest);
    if (signal == SIGHUP) {
      ReadAgain(security);
    } else if (signal > 0) {
      return signal;
    } else {
      clock->Tick();
      costs->Learn();
      architecture->ReturnFreedMemory();
    }
  }
}

// Makes the process what the flags ask for. The order matters: what needs privilege comes before it
// is given up.
absl::Status PrepareProcess(const Settings& settings, Daemon* daemon) {
  if (settings.core_dumps) {
    if (absl::Status status = AllowCoreDumps(); !status.ok()) return status;
  }
  absl::Status status = RaiseDescriptorLimit(settings.dispatch.max_connections);
  if (settings.lock_memory) RaiseLockLimit();
  if (status.ok() && !settings.user.empty()) status = BecomeUser(settings.user);
  if (status.ok() && settings.daemonize) status = daemon->Fork();
  return status;
}

bool HasUnixSocket(const DispatchOptions& dispatch) {
  return std::any_of(dispatch.addresses.begin(), dispatch.addresses.end(),
                     [](const ListenAddress& address) { return !address.path.empty(); });
}

// What is left to do once clients can connect. As in memcached, nothing of it is a reason not to
// serve; and whoever cannot listen leaves the pid file of whoever does alone.
void AnnounceStart(const Settings& settings, const Architecture& architecture, PidFile* pid_file,
                   Daemon* daemon) {
  const auto warn = [](const absl::Status& status) {
    if (!status.ok()) spdlog::warn("warning: {}", std::string(status.message()));
  };
  if (settings.lock_memory) warn(LockMemory());
  if (settings.dispatch.port == 0 && !HasUnixSocket(settings.dispatch)) {
    spdlog::warn("warning: -p 0 and no UNIX socket: nobody can connect");
  }
  if (!settings.pid_file.empty()) warn(pid_file->Write(settings.pid_file));
  warn(PublishPorts(architecture.PortLines()));
  if (settings.daemonize) warn(daemon->Started(settings.verbosity > 0));
}

// Reads certificates and users, as long as the process may read what only root can. Returns
// memcached's exit status when something is wrong with them.
std::optional<int> LoadSecurity(Settings* settings, Security* security) {
  const auto fail = [](const absl::Status& status, int exit_status) {
    spdlog::error("{}", std::string(status.message()));
    return exit_status;
  };
  if (!settings->auth_file.empty()) {
    auto credentials = Credentials::Load(settings->auth_file);
    if (!credentials.ok()) return fail(credentials.status(), EXIT_FAILURE);
    security->credentials = *std::move(credentials);
    settings->dispatch.authenticator = security->credentials.get();
  }
  if (settings->tls_enabled) {
    auto tls = TlsContext::Create(settings->tls);
    if (!tls.ok()) return fail(tls.status(), EX_USAGE);
    security->tls = *std::move(tls);
    settings->dispatch.tls = security->tls.get();
  }
  return std::nullopt;
}

int ExitStatusOf(const absl::Status& status) {
  return absl::IsNotFound(status) ? EX_NOUSER : EX_OSERR;
}

int Main(int argc, char** argv) {
  OpenStandardStreams();
  std::signal(SIGPIPE, SIG_IGN);  // also while what is said at the start goes to a closed pipe
  Settings settings;
  if (const std::optional<int> status = ParseFlags(argc, argv, &settings)) return *status;
  ConfigureLogging(settings.verbosity);
  ConfigureMalloc();
  for (const std::string& option : settings.without_effect) {
    spdlog::debug("{} has no effect in this server", option);
  }
  Security security;
  if (const std::optional<int> status = LoadSecurity(&settings, &security)) return *status;
  Daemon daemon;
  if (const absl::Status status = PrepareProcess(settings, &daemon); !status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return ExitStatusOf(status);
  }
  // Before any thread starts: threads inherit the mask, so that signals wait for this one.
  const sigset_t signals = BlockSignals();

  Clock clock;
  EventLog log(settings.watcher_buffer_bytes);
  StoreOptions store_options = settings.store;
  store_options.evictions = &log;
  store_options.clock = [&clock] { return clock.Now(); };
  const std::unique_ptr<Store> store = MakeStore(store_options);
  Service service(&settings, &clock, store.get(), &log);
  auto architecture = Architecture::Start(settings.dispatch, &service);
  if (!architecture.ok()) {
    spdlog::error("{}", std::string(architecture.status().message()));
    return EX_OSERR;
  }
  service.set_architecture(architecture->get());
  PidFile pid_file;
  AnnounceStart(settings, **architecture, &pid_file, &daemon);
  spdlog::debug("listening on port {}, --dispatch={}", settings.dispatch.port,
                InfoOf(settings.dispatch.mode).name);

  const int signal =
      TickUntilSignal(signals, &clock, security, &service.costs(), architecture->get());
  spdlog::info("Signal handled: {}.", strsignal(signal));
  service.set_architecture(nullptr);
  architecture->reset();
  return EX_OK;
}

}  // namespace
}  // namespace overtake

int main(int argc, char** argv) {
  // When the system refuses a thread, a mapping or memory at the start, the standard library, and
  // what is built on it, throws. libevent, written in C, says what it was and ends the process.
  event_set_fatal_callback([](int /*error*/) { _exit(EX_OSERR); });
  try {
    return overtake::Main(argc, argv);
  } catch (const std::system_error& error) {
    spdlog::error("{}", error.what());
  } catch (const std::bad_alloc&) {
    spdlog::error("out of memory: the system refuses what -m, -c, -t and the other options need");
  }
  return EX_OSERR;
}
