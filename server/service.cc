#include "server/service.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "dispatch/architecture.h"
#include "protocol/number.h"
#include "server/debug_delay.h"
#include "server/stats.h"
#include "server/tuning.h"
#include "server/watch/watch_command.h"
#include "version.h"

namespace overtake {
namespace {

// "debug trace"
bool AsksForTrace(const Request& request) {
  KeyList words(request.text);
  std::string_view word, more;
  return words.Next(&word) && word == "trace" && !words.Next(&more);
}

Weight WeightOfDebug(const Request& request, int heavy_micros) {
  if (AsksForTrace(request)) return Weight::kHeavy;
  const std::optional<DebugDelay> delay = DebugDelay::Parse(request.text);
  return delay.has_value() && delay->micros > static_cast<uint64_t>(heavy_micros) ? Weight::kHeavy
                                                                                  : Weight::kLight;
}

}  // namespace

Service::Service(const Settings* settings, Clock* clock, Store* store, EventLog* log)
    : settings_(settings),
      clock_(clock),
      store_(store),
      log_(log),
      engine_(*settings, clock, store),
      crawler_(settings->crawler_enabled, settings->dump_allowed, clock, store),
      prefixes_(settings->prefix_delimiter),
      verbosity_(settings->verbosity),
      costs_(ExecutorCount(settings->dispatch), settings->dispatch.heavy_micros) {
  for (int i = 0; i < ExecutorCount(settings->dispatch); ++i) {
    stats_.push_back(std::make_unique<CommandStats>());
    watched_.push_back(std::make_unique<WatchedEngine>(this, *settings));
  }
  if (settings->detail) log->ObservePrefixes(true);
}

Service::WatchedEngine::WatchedEngine(Service* service, const Settings& settings)
    : store(service->store_, settings.store.max_item_bytes, service->clock_, service->log_,
            &service->prefixes_),
      engine(settings, service->clock_, &store) {}

void Service::Abandon(const Request& request, const Continuation& continuation) {
  if (request.command == Command::kWatch) log_->RemoveWatcher(continuation.place);
}

void Service::ConnectionOpened(int fd, const PeerAddress& peer) { TellOpened(log_, fd, peer); }

void Service::ConnectionClosing(int fd, const PeerAddress& peer, CloseReason reason) {
  TellClosing(log_, fd, peer, reason);
}

Weight Service::WeightOf(const Request& request) const {
  switch (request.command) {
    case Command::kVersion:
    case Command::kMetaNoop:
    case Command::kQuit:
    case Command::kInvalid:
    case Command::kAuthenticate:
      return Weight::kTrivial;
    case Command::kRefreshCerts:
      return Weight::kHeavy;
    case Command::kDebug:
      return settings_->debug_commands ? WeightOfDebug(request, costs_.heavy_micros())
                                       : Weight::kTrivial;
    default:
      return costs_.IsHeavy(request) ? Weight::kHeavy : Weight::kLight;
  }
}

RequestHandler::Outcome Service::Execute(ExecutionContext context, const Request& request,
                                         Continuation* continuation, Reply* reply) {
  CommandStats* const stats = stats_[static_cast<size_t>(context.executor.value)].get();
  if (!costs_.ShouldMeasure(context.executor, request)) {
    return Run(context, stats, request, continuation, reply);
  }
  const CostModel::Kind kind = CostModel::KindOf(request.command);
  const uint64_t keys_before = stats->keys_retrieved();
  const uint64_t start_ns = CostModel::ThreadNanos();
  const Outcome outcome = Run(context, stats, request, continuation, reply);
  const uint64_t ns = CostModel::ThreadNanos() - start_ns;
  const bool retrieval = kind == CostModel::Kind::kRetrieve;
  costs_.Record(context.executor, kind,
                retrieval ? stats->keys_retrieved() - keys_before : request.value.size(), ns);
  return outcome;
}

RequestHandler::Outcome Service::Run(ExecutionContext context, CommandStats* stats,
                                     const Request& request, Continuation* continuation,
                                     Reply* reply) {
  Engine* engine = &engine_;
  if (log_->observed() != 0) {
    WatchedEngine* const watched = watched_[static_cast<size_t>(context.executor.value)].get();
    watched->store.Begin(&request, context.connection);
    engine = &watched->engine;
  }
  if (IsClassicItem(request.command)) {
    return engine->items.Execute(stats, request, continuation, reply);
  }
  if (IsMeta(request.command)) {
    engine->meta.Execute(stats, request, reply);
    return Outcome::kDone;
  }
  return ExecuteOther(stats, request, continuation, reply);
}

RequestHandler::Outcome Service::ExecuteOther(CommandStats* stats, const Request& request,
                                              Continuation* continuation, Reply* reply) {
  std::string_view line;
  switch (request.command) {
    case Command::kMetaNoop:
      line = "MN";
      break;
    case Command::kAuthenticate:
      stats->auth_cmds.Add(1);
      if (request.number == 0) stats->auth_errors.Add(1);
      line = request.text;
      break;
    case Command::kRefreshCerts:
      RefreshCertificates(request, reply);
      return Outcome::kDone;
    case Command::kInvalid:
      line = request.text;
      break;
    case Command::kQuit:
      return Outcome::kClose;
    case Command::kVersion:
      reply->AppendLine(absl::StrCat("VERSION ", kProtocolVersion));
      return Outcome::kDone;
    case Command::kStats:
      return WriteStats(request, continuation, reply);
    case Command::kFlushAll:
      line = FlushAll(stats, request);
      break;
    case Command::kShutdown:
      if (EndServer(request, &line)) return Outcome::kClose;
      break;
    case Command::kDebugTime:
      line = DebugTime(request);
      break;
    case Command::kDebug:
      Debug(request, reply);
      return Outcome::kDone;
    case Command::kVerbosity:
      verbosity_.store(static_cast<int>(std::min<uint64_t>(request.number, 3)),
                       std::memory_order_relaxed);
      line = "OK";
      break;
    case Command::kCacheMemlimit:
      line = SetMemoryLimit(request.number);
      break;
    case Command::kSlabs:
      line = AnswerSlabs(request.text);
      break;
    case Command::kLru:
      line = AnswerLru(request.text);
      break;
    case Command::kWatch:
      return Watch(settings_->watch_allowed, log_, request, continuation, reply);
    case Command::kLruCrawler:
      return crawler_.Execute(request, continuation, reply);
    default:  // the commands on items: Execute's
      break;
  }
  if (!request.noreply) reply->AppendLine(line);
  return Outcome::kDone;
}

void Service::Prepare(absl::Span<const Request* const> requests) {
  constexpr size_t kAtMost = 48;
  absl::InlinedVector<std::string_view, kAtMost> keys;
  for (const Request* request : requests.first(std::min(requests.size(), kAtMost))) {
    std::string_view key = request->key;
    if (IsRetrieval(request->command)) KeyList(request->keys).Next(&key);
    if (!key.empty()) keys.push_back(key);
  }
  store_->Prefetch(keys);
}

std::string_view Service::FlushAll(CommandStats* stats, const Request& request) {
  stats->cmd_flush.Add(1);
  if (!settings_->flush_allowed) return "CLIENT_ERROR flush_all not allowed";
  store_->FlushAll(request.exptime > 0 ? clock_->Expiry(request.exptime) : 0, clock_->Now());
  return "OK";
}

// memcached's words, and its signals: what the server then does is what they do.
bool Service::EndServer(const Request& request, std::string_view* error) const {
  if (!settings_->shutdown_allowed) {
    *error = "ERROR: shutdown not enabled";
    return false;
  }
  if (request.text != "" && request.text != "graceful") {
    *error = "CLIENT_ERROR invalid shutdown mode";
    return false;
  }
  kill(getpid(), request.text == "graceful" ? SIGUSR1 : SIGINT);
  return true;
}

// As in memcached, an error comes even with noreply.
void Service::RefreshCertificates(const Request& request, Reply* reply) const {
  TlsContext* const tls = settings_->dispatch.tls;
  if (tls == nullptr) return reply->AppendLine("Error TLS not enabled");
  const absl::Status status = tls->Refresh();
  if (!status.ok()) return reply->AppendLine({status.message().data(), status.message().size()});
  if (!request.noreply) reply->AppendLine("OK");
}

RequestHandler::Outcome Service::WriteStats(const Request& request, Continuation* continuation,
                                            Reply* reply) {
  const StatsSource source = {
      .settings = settings_,
      .clock = clock_,
      .store = store_,
      .architecture = architecture_.load(std::memory_order_acquire),
      .commands = &stats_,
      .costs = &costs_,
      .crawler = &crawler_,
      .prefixes = &prefixes_,
      .log = log_,
      .verbosity = verbosity_.load(std::memory_order_relaxed),
  };
  return AnswerStats(source, request, continuation, &baseline_, reply);
}

std::string_view Service::SetMemoryLimit(uint64_t megabytes) {
  if (megabytes < 8) return "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m";
  if (megabytes > 1'000'000'000) {
    return "MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes";
  }
  if (!store_->SetLimit(megabytes << 20)) {
    return "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust";
  }
  return "OK";
}

// "debugtime <seconds>" moves the clock, "debugtime p" pauses it, "debugtime r" lets it run again.
std::string_view Service::DebugTime(const Request& request) {
  KeyList words(request.text);
  std::string_view word;
  if (!settings_->debug_commands || !words.Next(&word)) return "ERROR";
  int64_t seconds = 0;
  if (word == "p" || word == "r") {
    clock_->Pause(word == "p");
  } else if (ParseInt64(word, &seconds)) {
    clock_->Shift(seconds);
  } else {
    return "ERROR";
  }
  return "OK";
}

// "debug spin <us>", "debug sleep <us>", "debug trace".
void Service::Debug(const Request& request, Reply* reply) const {
  if (!settings_->debug_commands) return reply->AppendLine("ERROR");
  if (!AsksForTrace(request)) {
    const std::optional<DebugDelay> delay = DebugDelay::Parse(request.text);
    if (!delay.has_value()) {
      return reply->AppendLine(
          "CLIENT_ERROR debug takes trace, or spin or sleep and 0 to 10000000 us");
    }
    delay->Run();
    return reply->AppendLine("OK");
  }
  const Architecture* const architecture = architecture_.load(std::memory_order_acquire);
  if (architecture == nullptr) return reply->AppendLine("SERVER_ERROR not ready");
  const absl::Status status = architecture->WriteTrace(settings_->trace_file);
  reply->AppendLine(status.ok() ? "OK" : absl::StrCat("SERVER_ERROR ", status.message()));
}

}  // namespace overtake
