#include "server/stats_of_settings.h"

#include <string>

#include "absl/strings/str_format.h"
#include "dispatch/architecture.h"
#include "server/commands/lru_crawler.h"
#include "server/stats_of_tls.h"

namespace overtake {
namespace {

// The path of the first UNIX socket, or memcached's word for none.
std::string DomainSocket(const DispatchOptions& dispatch) {
  for (const ListenAddress& address : dispatch.addresses) {
    if (!address.path.empty()) return address.path;
  }
  return "NULL";
}

void AppendNetwork(const StatsSource& s, StatsWriter* out) {
  const DispatchOptions& dispatch = s.settings->dispatch;
  out->Gauge("maxbytes", s.store->limit_bytes());
  out->Gauge("maxconns", dispatch.max_connections);
  out->Gauge("tcpport", dispatch.port);
  out->Gauge("udpport", 0);
  out->Gauge("inter", dispatch.addresses.empty() ? "NULL" : dispatch.addresses.front().text);
  out->Gauge("verbosity", s.verbosity);
  out->Gauge("oldest", 0);
  out->Gauge("evictions", s.settings->store.evict ? "on" : "off");
  out->Gauge("domain_socket", DomainSocket(dispatch));
  out->Gauge("umask", absl::StrFormat("%o", dispatch.unix_mask));
  out->Gauge("shutdown_command", YesOrNo(s.settings->shutdown_allowed));
  out->Gauge("growth_factor", "1.25");
  out->Gauge("chunk_size", 48);
  out->Gauge("num_threads", dispatch.threads);
  out->Gauge("num_threads_per_udp", dispatch.threads);
  out->Gauge("stat_key_prefix", std::string(1, s.settings->prefix_delimiter));
  out->Gauge("detail_enabled", YesOrNo(s.log->Wants(kPrefixes)));
  out->Gauge("reqs_per_event", dispatch.requests_per_turn);
  out->Gauge("cas_enabled", YesOrNo(s.settings->store.cas));
  out->Gauge("tcp_backlog", dispatch.backlog);
  out->Gauge("binding_protocol", "ascii");
  out->Gauge("auth_enabled_sasl", "no");
  out->Gauge("auth_enabled_ascii", s.settings->auth_file.empty() ? "no" : s.settings->auth_file);
  out->Gauge("item_size_max", dispatch.max_item_bytes);
  out->Gauge("maxconns_fast", YesOrNo(dispatch.refuse_fast));
}

// What slab classes and LRU lists would be tuned by.
void AppendSlabsAndLru(const StatsSource& s, StatsWriter* out) {
  out->Gauge("hashpower_init", 0);
  out->Gauge("slab_reassign", "yes");
  out->Gauge("slab_automove", 1);
  out->Gauge("slab_automove_ratio", "0.80");
  out->Gauge("slab_automove_window", 30);
  out->Gauge("slab_chunk_max", 524288);
  out->Gauge("lru_crawler", YesOrNo(s.crawler->enabled()));
  out->Gauge("lru_crawler_sleep", 100);
  out->Gauge("lru_crawler_tocrawl", 0);
  out->Gauge("tail_repair_time", 0);
  out->Gauge("flush_enabled", YesOrNo(s.settings->flush_allowed));
  out->Gauge("dump_enabled", YesOrNo(s.settings->dump_allowed));
  out->Gauge("hash_algorithm", "xxh3");
  out->Gauge("lru_maintainer_thread", "yes");
  out->Gauge("lru_segmented", "yes");
  out->Gauge("hot_lru_pct", 20);
  out->Gauge("warm_lru_pct", 40);
  out->Gauge("hot_max_factor", "0.20");
  out->Gauge("warm_max_factor", "2.00");
  out->Gauge("temp_lru", "no");
  out->Gauge("temporary_ttl", 61);
}

void AppendExternalStorage(StatsWriter* out) {
  out->Gauge("ext_item_size", 512);
  out->Gauge("ext_item_age", 4294967295);
  out->Gauge("ext_low_ttl", 0);
  out->Gauge("ext_recache_rate", 2000);
  out->Gauge("ext_wbuf_size", 4194304);
  out->Gauge("ext_compact_under", 0);
  out->Gauge("ext_drop_under", 0);
  out->Gauge("ext_max_sleep", 1000000);
  out->Gauge("ext_max_frag", "0.80");
  out->Gauge("slab_automove_freeratio", "0.010");
  out->Gauge("ext_drop_unread", "no");
}

}  // namespace

void AppendSettings(const StatsSource& s, StatsWriter* out) {
  AppendNetwork(s, out);
  AppendSlabsAndLru(s, out);
  out->Gauge("idle_timeout", s.settings->dispatch.idle_timeout_s);
  out->Gauge("watcher_logbuf_size", s.settings->watcher_buffer_bytes);
  out->Gauge("worker_logbuf_size", 65536);
  out->Gauge("read_buf_mem_limit", s.settings->dispatch.input_memory_bytes);
  out->Gauge("resp_obj_mem_limit", s.settings->dispatch.reply_memory_bytes);
  out->Gauge("track_sizes", "no");
  out->Gauge("inline_ascii_response", "no");
  AppendExternalStorage(out);
  AppendTlsSettings(*s.settings, out);
  out->Gauge("num_napi_ids", "(null)");
  out->Gauge("memory_file", "(null)");
  out->Gauge("dispatch", std::string(InfoOf(s.settings->dispatch.mode).name));
  out->Gauge("num_workers", WorkerCount(s.settings->dispatch));
}

}  // namespace overtake
