#include "server/stats.h"

#include <event2/event.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dispatch/architecture.h"
#include "dispatch/ticks.h"
#include "protocol/key_list.h"
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

void AppendConnections(const StatsSource& s, StatsWriter* out) {
  if (s.architecture == nullptr) return;
  const ConnectionLimits& connections = s.architecture->connections();
  out->Gauge("max_connections", connections.maximum());
  out->Gauge("curr_connections", connections.current());
  out->Count("total_connections", connections.total());
  out->Count("rejected_connections", connections.rejected());
}

void AppendCommands(const StatsSource& s, StatsWriter* out) {
  const auto sum = [&s](Counter CommandStats::*counter) {
    uint64_t total = 0;
    for (const auto& stats : *s.commands) total += (stats.get()->*counter).Get();
    return total;
  };
  const uint64_t get_hits = sum(&CommandStats::get_hits);
  const uint64_t get_misses = sum(&CommandStats::get_misses);
  const uint64_t touch_hits = sum(&CommandStats::touch_hits);
  const uint64_t touch_misses = sum(&CommandStats::touch_misses);
  const StoreStats store = s.store->Stats();
  out->Count("cmd_get", get_hits + get_misses);
  out->Count("cmd_set", sum(&CommandStats::cmd_set));
  out->Count("cmd_flush", sum(&CommandStats::cmd_flush));
  out->Count("cmd_touch", touch_hits + touch_misses);
  out->Count("cmd_meta", sum(&CommandStats::cmd_meta));
  out->Count("get_hits", get_hits);
  out->Count("get_misses", get_misses);
  out->Count("get_expired", store.get_expired);
  out->Count("get_flushed", store.get_flushed);
  out->Count("delete_misses", sum(&CommandStats::delete_misses));
  out->Count("delete_hits", sum(&CommandStats::delete_hits));
  out->Count("incr_misses", sum(&CommandStats::incr_misses));
  out->Count("incr_hits", sum(&CommandStats::incr_hits));
  out->Count("decr_misses", sum(&CommandStats::decr_misses));
  out->Count("decr_hits", sum(&CommandStats::decr_hits));
  out->Count("cas_misses", sum(&CommandStats::cas_misses));
  out->Count("cas_hits", sum(&CommandStats::cas_hits));
  out->Count("cas_badval", sum(&CommandStats::cas_badval));
  out->Count("touch_hits", touch_hits);
  out->Count("touch_misses", touch_misses);
  out->Count("store_too_large", sum(&CommandStats::store_too_large));
  out->Count("store_no_memory", sum(&CommandStats::store_no_memory));
  out->Count("auth_cmds", sum(&CommandStats::auth_cmds));
  out->Count("auth_errors", sum(&CommandStats::auth_errors));
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
  out->Count("bytes_read", bytes_read);
  out->Count("bytes_written", bytes_written);
  out->Gauge("limit_maxbytes", s.settings->store.memory_bytes);
  out->Gauge("accepting_conns", connections.accepting() ? 1 : 0);
  out->Count("listen_disabled_num", connections.pauses());
  if (s.settings->dispatch.idle_timeout_s > 0) out->Count("idle_kicks", connections.idle_kicks());
  out->Gauge("threads", threads.size());
  out->Count("conn_yields", yields);
  AppendTlsStats(*s.settings, out);
}

// The path of the first UNIX socket, or memcached's word for none.
std::string DomainSocket(const DispatchOptions& dispatch) {
  constexpr absl::string_view kPrefix = "unix:";
  for (const std::string& address : dispatch.addresses) {
    if (absl::StartsWith(address, kPrefix)) return address.substr(kPrefix.size());
  }
  return "NULL";
}

void AppendSettings(const StatsSource& s, StatsWriter* out) {
  const DispatchOptions& dispatch = s.settings->dispatch;
  out->Gauge("maxbytes", s.settings->store.memory_bytes);
  out->Gauge("maxconns", dispatch.max_connections);
  out->Gauge("tcpport", dispatch.port);
  out->Gauge("udpport", 0);
  out->Gauge("inter", dispatch.addresses.empty() ? "NULL" : dispatch.addresses.front());
  out->Gauge("verbosity", s.verbosity);
  out->Gauge("domain_socket", DomainSocket(dispatch));
  out->Gauge("umask", absl::StrFormat("%o", dispatch.unix_mask));
  out->Gauge("shutdown_command", s.settings->shutdown_allowed ? "yes" : "no");
  out->Gauge("evictions", s.settings->store.evict ? "on" : "off");
  out->Gauge("num_threads", dispatch.threads);
  out->Gauge("reqs_per_event", dispatch.requests_per_turn);
  out->Gauge("cas_enabled", "yes");
  out->Gauge("tcp_backlog", dispatch.backlog);
  out->Gauge("binding_protocol", "ascii");
  out->Gauge("item_size_max", dispatch.max_item_bytes);
  out->Gauge("maxconns_fast", dispatch.refuse_fast ? "yes" : "no");
  out->Gauge("flush_enabled", s.settings->flush_allowed ? "yes" : "no");
  out->Gauge("idle_timeout", dispatch.idle_timeout_s);
  out->Gauge("dispatch", std::string(InfoOf(dispatch.mode).name));
  out->Gauge("auth_enabled_ascii", s.settings->auth_file.empty() ? "no" : s.settings->auth_file);
  AppendTlsSettings(*s.settings, out);
  out->Gauge("num_workers", WorkerCount(dispatch));
}

void AppendDispatch(const StatsSource& s, StatsWriter* out) {
  if (s.architecture == nullptr) return;
  out->Gauge("dispatch", std::string(InfoOf(s.settings->dispatch.mode).name));
  if (const auto depth = s.architecture->queue_depth()) out->Gauge("queue_depth", *depth);
  const double ticks = TicksPerMicrosecond();
  int index = 0;
  for (const ThreadStats* thread : s.architecture->thread_stats()) {
    const auto stat = [out, index](std::string_view name, const absl::AlphaNum& value) {
      out->Gauge(absl::StrCat(index, ":", AbslView(name)), value);
    };
    stat("name", thread->name);
    stat("role", thread->role);
    stat("connections", thread->connections.Get());
    stat("requests", thread->requests.Get());
    stat("queue_depth", thread->queue_depth.Get());
    const auto wait = [&](std::string_view name, uint64_t value) {
      stat(name, absl::StrFormat("%.1f", static_cast<double>(value) / ticks));
    };
    wait("wait_p50_us", thread->wait_ticks.ValueAtQuantile(0.50));
    wait("wait_p99_us", thread->wait_ticks.ValueAtQuantile(0.99));
    wait("wait_p999_us", thread->wait_ticks.ValueAtQuantile(0.999));
    wait("wait_max_us", thread->wait_ticks.Max());
    ++index;
  }
}

bool IsDetailCommand(KeyList words) {
  std::string_view word;
  return words.Next(&word) && (word == "on" || word == "off" || word == "dump");
}

void AppendGeneral(const StatsSource& source, StatsWriter* out) {
  AppendProcess(source, out);
  AppendConnections(source, out);
  AppendCommands(source, out);
  AppendTraffic(source, out);
  AppendStoreStats(source.store->Stats(), out);
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

void AppendStats(const StatsSource& source, std::string_view arguments, StatsBaseline* baseline,
                 Reply* reply) {
  KeyList words(arguments);
  std::string_view group;
  StatsWriter out(baseline, reply);
  if (!words.Next(&group)) {
    AppendGeneral(source, &out);
  } else if (group == "settings") {
    AppendSettings(source, &out);
  } else if (group == "items") {
    AppendItemStats(source.store->Stats(), &out);
  } else if (group == "slabs") {
    AppendSlabStats(source.store->Stats(), &out);
  } else if (group == "sizes") {
    out.Gauge("sizes_status", "disabled");  // memcached's answer, too, unless it was enabled
  } else if (group == "dispatch") {
    AppendDispatch(source, &out);
  } else if (group == "reset") {
    StatsWriter reset(baseline, nullptr);
    AppendGeneral(source, &reset);
    return reply->AppendLine("RESET");
  } else if (group == "detail" && !IsDetailCommand(words)) {
    return reply->AppendLine("CLIENT_ERROR usage: stats detail on|off|dump");
  } else {
    return reply->AppendLine("ERROR");
  }
  reply->AppendLine("END");
}

}  // namespace overtake
