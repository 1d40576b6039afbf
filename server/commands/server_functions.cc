#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "dispatch/architecture.h"
#include "protocol/number.h"
#include "server/commands/functions.h"
#include "server/debug_delay.h"
#include "server/logging.h"
#include "server/stats/answer.h"
#include "server/tuning.h"
#include "server/watch/watch_command.h"
#include "version.h"

namespace overtake {
namespace {

using Outcome = RequestHandler::Outcome;

// "debug trace"
bool AsksForTrace(const Request& request) {
  KeyList words(request.text);
  std::string_view word, more;
  return words.Next(&word) && word == "trace" && !words.Next(&more);
}

}  // namespace

Outcome ExecuteMetaNoop(const Call& call) { return call.Answer("MN"); }

Outcome ExecuteVersion(const Call& call) {
  return call.Answer(absl::StrCat("VERSION ", kProtocolVersion));
}

Outcome ExecuteQuit(const Call& /*call*/) { return Outcome::kClose; }

Outcome ExecuteInvalid(const Call& call) { return call.Answer(call.request.text); }

Outcome ExecuteAuthenticate(const Call& call) {
  call.stats->auth_cmds.Add(1);
  if (call.request.number == 0) call.stats->auth_errors.Add(1);
  return call.Answer(call.request.text);
}

Outcome ExecuteStats(const Call& call) {
  ServerState* const server = call.server;
  const StatsSource source = {
      .settings = server->settings,
      .clock = server->clock,
      .store = server->store,
      .architecture = server->architecture.load(std::memory_order_acquire),
      .commands = &server->stats,
      .costs = &server->costs,
      .crawler = &server->crawler,
      .prefixes = &server->prefixes,
      .log = server->log,
      .baseline = &server->baseline,
      .verbosity = server->verbosity.load(std::memory_order_relaxed),
  };
  return AnswerStats(source, call.request, call.continuation, call.reply);
}

Outcome ExecuteWatch(const Call& call) {
  return Watch(call.server->settings->watch_allowed, call.server->log, call.request,
               call.continuation, call.reply);
}

Outcome ExecuteFlushAll(const Call& call) {
  call.stats->cmd_flush.Add(1);
  if (!call.server->settings->flush_allowed) {
    return call.Answer("CLIENT_ERROR flush_all not allowed");
  }
  const Clock& clock = *call.server->clock;
  const int64_t delay = call.request.exptime;
  call.server->store->FlushAll(delay > 0 ? clock.Expiry(delay) : 0, clock.Now());
  return call.Answer("OK");
}

Outcome ExecuteVerbosity(const Call& call) {
  const auto verbosity = static_cast<int>(std::min<uint64_t>(call.request.number, 3));
  call.server->verbosity.store(verbosity, std::memory_order_relaxed);
  SetLogVerbosity(verbosity);
  call.server->log->ObserveRequests(verbosity >= 2);
  return call.Answer("OK");
}

Outcome ExecuteCacheMemlimit(const Call& call) {
  const uint64_t megabytes = call.request.number;
  if (megabytes < 8) return call.Answer("MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m");
  if (megabytes > 1'000'000'000) {
    return call.Answer("MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes");
  }
  if (!call.server->store->SetLimit(megabytes << 20)) {
    return call.Answer("MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust");
  }
  return call.Answer("OK");
}

Outcome ExecuteSlabs(const Call& call) { return call.Answer(AnswerSlabs(call.request.text)); }

Outcome ExecuteLru(const Call& call) { return call.Answer(AnswerLru(call.request.text)); }

Outcome ExecuteLruCrawler(const Call& call) {
  return call.server->crawler.Execute(call.request, call.continuation, call.reply);
}

// As in memcached, an error comes even with noreply.
Outcome ExecuteRefreshCerts(const Call& call) {
  TlsContext* const tls = call.server->settings->dispatch.tls;
  const absl::Status status =
      tls == nullptr ? absl::UnavailableError("Error TLS not enabled") : tls->Refresh();
  if (status.ok()) return call.Answer("OK");
  call.reply->AppendLine({status.message().data(), status.message().size()});
  return Outcome::kDone;
}

// memcached's words, and its signals: what the server then does is what they do.
Outcome ExecuteShutdown(const Call& call) {
  const std::string_view mode = call.request.text;
  if (!call.server->settings->shutdown_allowed)
    return call.Answer("SERVER_ERROR: shutdown not enabled");
  if (mode != "" && mode != "graceful") return call.Answer("CLIENT_ERROR invalid shutdown mode");
  kill(getpid(), mode == "graceful" ? SIGUSR1 : SIGINT);
  return Outcome::kClose;
}

// "debugtime <seconds>" moves the clock, "debugtime p" pauses it, "debugtime r" lets it run again.
Outcome ExecuteDebugTime(const Call& call) {
  KeyList words(call.request.text);
  std::string_view word;
  int64_t seconds = 0;
  if (!call.server->settings->debug_commands || !words.Next(&word)) return call.Answer("ERROR");
  if (word == "p" || word == "r") {
    call.server->clock->Pause(word == "p");
  } else if (ParseLenientInt64(word, &seconds)) {
    call.server->clock->Shift(seconds);
  } else {
    return call.Answer("ERROR");
  }
  return call.Answer("OK");
}

// "debug spin <us>", "debug sleep <us>", "debug trace".
Outcome ExecuteDebug(const Call& call) {
  const Settings& settings = *call.server->settings;
  if (!settings.debug_commands) return call.Answer("ERROR");
  if (!AsksForTrace(call.request)) {
    const std::optional<DebugDelay> delay = DebugDelay::Parse(call.request.text);
    if (!delay.has_value()) {
      return call.Answer("CLIENT_ERROR debug takes trace, or spin or sleep and 0 to 10000000 us");
    }
    delay->Run();
    return call.Answer("OK");
  }
  const Architecture* const architecture =
      call.server->architecture.load(std::memory_order_acquire);
  if (architecture == nullptr) return call.Answer("SERVER_ERROR not ready");
  const absl::Status status = architecture->WriteTrace(settings.trace_file);
  return call.Answer(status.ok() ? "OK" : absl::StrCat("SERVER_ERROR ", status.message()));
}

Weight WeightOfDebug(const ServerState& server, const Request& request) {
  if (!server.settings->debug_commands) return Weight::kTrivial;
  if (AsksForTrace(request)) return Weight::kHeavy;
  const std::optional<DebugDelay> delay = DebugDelay::Parse(request.text);
  const auto heavy_micros = static_cast<uint64_t>(server.costs.heavy_micros());
  return delay.has_value() && delay->micros > heavy_micros ? Weight::kHeavy : Weight::kLight;
}

}  // namespace overtake
