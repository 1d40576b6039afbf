#include "server/stats.h"

#include <event2/event.h>
#include <sys/resource.h>
#include <unistd.h>

#include <initializer_list>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/ticks.h"
#include "dispatch/architecture.h"
#include "protocol/line_parts.h"
#include "protocol/number.h"
#include "server/commands/item_dump.h"
#include "server/stats_of_connections.h"
#include "server/stats_of_settings.h"
#include "server/stats_of_store.h"
#include "server/stats_of_tls.h"
#include "server/stats_writer.h"
#include "version.h"

namespace overtake {
namespace {

std::string CpuTime(const timeval& time) {
  return absl::StrFormat("%d.%06d", time.tv_sec, time.tv_usec);
}

void AppendProcess(const StatsSource& s, StatsWriter* out) {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  out->Gauge("pid", getpid());
  out->Gauge("uptime", s.clock->Uptime());
  out->Gauge("time", s.clock->UnixTime());
  out->Gauge("version", kStatsVersion);
  out->Gauge("libevent", event_get_version());
  out->Gauge("pointer_size", 8 * sizeof(void*));
  out->Gauge("rusage_user", CpuTime(usage.ru_utime));
  out->Gauge("rusage_system", CpuTime(usage.ru_stime));
}

// Names of memcached's that count what there is none of here.
void AppendZeros(std::initializer_list<std::string_view> names, StatsWriter* out) {
  for (const std::string_view name : names) out->Gauge(name, 0);
}

void AppendConnections(const StatsSource& s, StatsWriter* out) {
  if (s.architecture == nullptr) return;
  const ConnectionLimits& connections = s.architecture->connections();
  out->Gauge("max_connections", connections.maximum());
  out->Gauge("curr_connections", connections.current());
  out->Count("total_connections", connections.total());
  out->Count("rejected_connections", connections.rejected());
  out->Gauge("connection_structures", connections.current());
  const ReplyMemory& replies = s.architecture->memory().replies;
  out->Count("response_obj_oom", replies.refused());
  out->Gauge("response_obj_count", replies.count());
  out->Gauge("response_obj_bytes", replies.held());
  uint64_t input_bytes = 0, refused = 0;
  for (const ThreadStats* thread : s.architecture->thread_stats()) {
    input_bytes += thread->input_bytes.Get();
    refused += thread->input_refused.Get();
  }
  out->Gauge("read_buf_count", input_bytes / BlockPool::kBlockBytes);
  out->Gauge("read_buf_bytes", input_bytes);
  out->Gauge("read_buf_bytes_free", 0);
  out->Count("read_buf_oom", refused);
  out->Gauge("reserved_fds", 0);
}

uint64_t Sum(const StatsSource& s, Counter CommandStats::*counter) {
  uint64_t total = 0;
  for (const auto& stats : *s.commands) total += (stats.get()->*counter).Get();
  return total;
}

void AppendCommands(const StatsSource& s, const StoreStats& store, StatsWriter* out) {
  const auto count = [&s, out](std::string_view name, Counter CommandStats::*counter) {
    out->Count(name, Sum(s, counter));
  };
  const uint64_t get_hits = Sum(s, &CommandStats::get_hits);
  const uint64_t get_misses = Sum(s, &CommandStats::get_misses);
  const uint64_t touch_hits = Sum(s, &CommandStats::touch_hits);
  const uint64_t touch_misses = Sum(s, &CommandStats::touch_misses);
  out->Count("cmd_get", get_hits + get_misses);
  count("cmd_set", &CommandStats::cmd_set);
  count("cmd_flush", &CommandStats::cmd_flush);
  out->Count("cmd_touch", touch_hits + touch_misses);
  count("cmd_meta", &CommandStats::cmd_meta);
  out->Count("get_hits", get_hits);
  out->Count("get_misses", get_misses);
  out->Count("get_expired", store.get_expired);
  out->Count("get_flushed", store.get_flushed);
  count("delete_misses", &CommandStats::delete_misses);
  count("delete_hits", &CommandStats::delete_hits);
  count("incr_misses", &CommandStats::incr_misses);
  count("incr_hits", &CommandStats::incr_hits);
  count("decr_misses", &CommandStats::decr_misses);
  count("decr_hits", &CommandStats::decr_hits);
  count("cas_misses", &CommandStats::cas_misses);
  count("cas_hits", &CommandStats::cas_hits);
  count("cas_badval", &CommandStats::cas_badval);
  out->Count("touch_hits", touch_hits);
  out->Count("touch_misses", touch_misses);
  count("store_too_large", &CommandStats::store_too_large);
  count("store_no_memory", &CommandStats::store_no_memory);
  count("auth_cmds", &CommandStats::auth_cmds);
  count("auth_errors", &CommandStats::auth_errors);
}

void AppendTraffic(const StatsSource& s, StatsWriter* out) {
  if (s.architecture == nullptr) return;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t yields = 0;
  const auto threads = s.architecture->thread_stats();
  for (const ThreadStats* thread : threads) {
    bytes_read += thread->bytes_read.Get();
    bytes_written += thread->bytes_written.Get();
    yields += thread->yields.Get();
  }
  const ConnectionLimits& connections = s.architecture->connections();
  if (s.settings->dispatch.idle_timeout_s > 0) out->Count("idle_kicks", connections.idle_kicks());
  out->Count("bytes_read", bytes_read);
  out->Count("bytes_written", bytes_written);
  out->Gauge("limit_maxbytes", s.store->limit_bytes());
  out->Gauge("accepting_conns", connections.accepting() ? 1 : 0);
  out->Count("listen_disabled_num", connections.pauses());
  out->Count("time_in_listen_disabled_us", connections.paused_micros());
  out->Gauge("threads", threads.size());
  out->Count("conn_yields", yields);
  AppendTlsStats(*s.settings, out);
}

ItemWork WorkOf(const StatsSource& s) {
  return {.get_hits = Sum(s, &CommandStats::get_hits),
          .cmd_set = Sum(s, &CommandStats::cmd_set),
          .delete_hits = Sum(s, &CommandStats::delete_hits),
          .incr_hits = Sum(s, &CommandStats::incr_hits),
          .decr_hits = Sum(s, &CommandStats::decr_hits),
          .cas_hits = Sum(s, &CommandStats::cas_hits),
          .cas_badval = Sum(s, &CommandStats::cas_badval),
          .touch_hits = Sum(s, &CommandStats::touch_hits),
          .out_of_memory = Sum(s, &CommandStats::store_no_memory)};
}

void AppendSlabsAndLru(const StatsSource& s, StatsWriter* out) {
  AppendZeros(
      {"hash_is_expanding", "slab_reassign_rescues", "slab_reassign_chunk_rescues",
       "slab_reassign_evictions_nomem", "slab_reassign_inline_reclaim", "slab_reassign_busy_items",
       "slab_reassign_busy_deletes", "slab_reassign_running", "slabs_moved", "lru_crawler_running",
       "lru_crawler_starts", "lru_maintainer_juggles", "malloc_fails"},
      out);
  const EventLog::Counts log = s.log->counts();
  out->Gauge("log_worker_dropped", 0);
  out->Count("log_worker_written", log.written);
  out->Count("log_watcher_skipped", log.skipped);
  out->Count("log_watcher_sent", log.sent);
  out->Gauge("log_watchers", log.watchers);
  AppendZeros({"unexpected_napi_ids", "round_robin_fallback"}, out);
}

// What makes a request heavy, and what was measured of it.
void AppendCosts(const CostModel& costs, StatsWriter* out) {
  using Kind = CostModel::Kind;
  const auto ns = [out](std::string_view name, double value) {
    out->Gauge(name, absl::StrFormat("%.2f", value));
  };
  out->Gauge("heavy_micros", costs.heavy_micros());
  out->Gauge("max_light_keys", costs.max_light_units(Kind::kRetrieve));
  out->Gauge("max_light_value_bytes", costs.max_light_units(Kind::kStore));
  ns("cost_get_ns", costs.fixed_ns(Kind::kRetrieve));
  ns("cost_get_key_ns", costs.unit_ns(Kind::kRetrieve));
  ns("cost_set_ns", costs.fixed_ns(Kind::kStore));
  ns("cost_set_byte_ns", costs.unit_ns(Kind::kStore));
  ns("cost_stats_ns", costs.fixed_ns(Kind::kStats));
}

void AppendDispatch(const StatsSource& s, StatsWriter* out) {
  if (s.architecture == nullptr) return;
  out->Gauge("dispatch", std::string(InfoOf(s.settings->dispatch.mode).name));
  if (const auto depth = s.architecture->queue_depth()) out->Gauge("queue_depth", *depth);
  AppendCosts(*s.costs, out);
  const double ticks = TicksPerMicrosecond();
  int index = 0;
  for (const ThreadStats* thread : s.architecture->thread_stats()) {
    const auto stat = [out, index](std::string_view name, const absl::AlphaNum& value) {
      out->Gauge(absl::StrCat(index, ":", AbslView(name)), value);
    };
    stat("name", thread->name);
    stat("role", thread->role);
    stat("connections", thread->connections.Get());
    out->Count(absl::StrCat(index, ":requests"), thread->requests.Get());
    stat("queue_depth", thread->queue_depth.Get());
    const auto wait = [&](std::string_view name, uint64_t value) {
      stat(name, absl::StrFormat("%.1f", static_cast<double>(value) / ticks));
    };
    const Histogram waits = out->Since(absl::StrCat(index, ":wait"), thread->wait_ticks);
    wait("wait_p50_us", waits.ValueAtQuantile(0.50));
    wait("wait_p99_us", waits.ValueAtQuantile(0.99));
    wait("wait_p999_us", waits.ValueAtQuantile(0.999));
    wait("wait_max_us", waits.Max());
    ++index;
  }
}

void AppendGeneral(const StatsSource& s, StatsWriter* out) {
  const StoreStats store = s.store->Stats();
  AppendProcess(s, out);
  AppendConnections(s, out);
  AppendCommands(s, store, out);
  AppendTraffic(s, out);
  AppendHashStats(store, out);
  AppendSlabsAndLru(s, out);
  AppendItemTotals(store, out);
  AppendLogStats(store, out);
}

RequestHandler::Outcome Done(std::string_view line, Reply* reply) {
  reply->AppendLine(line);
  return RequestHandler::Outcome::kDone;
}

// `more`: there is something to come before the end.
RequestHandler::Outcome Next(bool more, Reply* reply) {
  if (more) return RequestHandler::Outcome::kMore;
  return Done("END", reply);
}

RequestHandler::Outcome AppendDetail(const StatsSource& s, const Tokens& words,
                                     Continuation* continuation, Reply* reply) {
  const std::string_view word = words.count > 1 ? words[1] : "";
  if (word == "dump") return Next(s.prefixes->Dump(&continuation->place, reply), reply);
  if (word == "on" || word == "off") {
    s.log->ObservePrefixes(word == "on");
    return Done("OK", reply);
  }
  return Done("CLIENT_ERROR usage: stats detail on|off|dump", reply);
}

// `stats cachedump <class> <limit>`, in parts: continuation->done is how many items were shown. All
// are of the class that `stats items` and `stats slabs` tell of: who asks class by class gets each
// once.
RequestHandler::Outcome AppendCachedump(const StatsSource& s, const Tokens& words,
                                        Continuation* continuation, Reply* reply) {
  if (!s.settings->dump_allowed) return Done("CLIENT_ERROR stats cachedump not allowed", reply);
  if (words.count < 3) return Done("CLIENT_ERROR bad command line", reply);
  constexpr uint32_t kOnlyClass = 1;
  uint32_t id = 0;
  uint32_t limit = 0;
  if (!ParseUint32Truncated(words[1], &id) || !ParseUint32Truncated(words[2], &limit)) {
    return Done(kBadFormat, reply);
  }
  if (id > 63) return Done("CLIENT_ERROR Illegal slab id", reply);
  if (id != kOnlyClass) return Done("END", reply);
  if (limit == 0) limit = std::numeric_limits<uint32_t>::max();
  uint64_t left = limit - continuation->done;
  const bool more = DumpItems(DumpFormat::kCachedump, kAllItems, *s.clock, s.store,
                              &continuation->place, &left, reply);
  continuation->done = limit - left;
  return Next(more, reply);
}

}  // namespace

uint64_t StatsBaseline::Of(std::string_view name) const {
  MutexLock lock(&mutex_);
  const auto found = values_.find(AbslView(name));
  return found == values_.end() ? 0 : found->second;
}

void StatsBaseline::Set(std::string_view name, uint64_t value) {
  MutexLock lock(&mutex_);
  values_[AbslView(name)] = value;
}

Histogram StatsBaseline::Since(std::string_view name, const Histogram& now) const {
  MutexLock lock(&mutex_);
  Histogram since = now;  // not before the lock: then somebody may set what is later than it
  const auto found = histograms_.find(AbslView(name));
  if (found != histograms_.end()) since.Subtract(found->second);
  return since;
}

void StatsBaseline::Set(std::string_view name, const Histogram& now) {
  MutexLock lock(&mutex_);
  histograms_.insert_or_assign(std::string(name), now);
}

RequestHandler::Outcome AnswerStats(const StatsSource& source, const Request& request,
                                    Continuation* continuation, StatsBaseline* baseline,
                                    Reply* reply) {
  const Tokens words = Split(request.text);
  const std::string_view group = words.count > 0 ? words[0] : "";
  StatsWriter out(baseline, reply);
  if (group.empty()) {
    AppendGeneral(source, &out);
  } else if (group == "settings") {
    AppendSettings(source, &out);
  } else if (group == "items") {
    AppendItemStats(source.store->Stats(), WorkOf(source), &out);
  } else if (group == "slabs") {
    AppendSlabStats(source.store->Stats(), WorkOf(source), &out);
  } else if (group == "conns") {
    return Next(AppendConnectionStats(&continuation->place, reply), reply);
  } else if (group == "sizes") {
    out.Gauge("sizes_status", "disabled");
  } else if (group == "sizes_disable") {
    return Done("STAT sizes_status disabled", reply);  // as in memcached, without an END
  } else if (group == "sizes_enable") {
    return Done("STAT sizes_status error\r\nSTAT sizes_error not_supported", reply);
  } else if (group == "extstore") {
    // There is none.
  } else if (group == "dispatch") {
    AppendDispatch(source, &out);
  } else if (group == "reset") {
    StatsWriter reset(baseline, nullptr);
    AppendGeneral(source, &reset);
    AppendItemStats(source.store->Stats(), WorkOf(source), &reset);
    AppendSlabStats(source.store->Stats(), WorkOf(source), &reset);
    AppendDispatch(source, &reset);
    source.prefixes->Clear();
    return Done("RESET", reply);
  } else if (group == "detail") {
    return AppendDetail(source, words, continuation, reply);
  } else if (group == "cachedump") {
    return AppendCachedump(source, words, continuation, reply);
  } else {
    return Done("ERROR", reply);
  }
  return Done("END", reply);
}

}  // namespace overtake
