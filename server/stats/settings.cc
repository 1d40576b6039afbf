// `stats settings`.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "dispatch/architecture.h"
#include "server/commands/lru_crawler.h"
#include "server/stats/sections.h"

namespace overtake {
namespace {

// The path of the first UNIX socket, or memcached's word for none.
std::string DomainSocket(const DispatchOptions& dispatch) {
  for (const ListenAddress& address : dispatch.addresses) {
    if (!address.path.empty()) return address.path;
  }
  return "NULL";
}

// As -l has them.
std::string Interfaces(const DispatchOptions& dispatch) {
  if (dispatch.addresses.empty()) return "NULL";
  return absl::StrJoin(dispatch.addresses, ",", [](std::string* out, const ListenAddress& address) {
    absl::StrAppend(out, address.text);
  });
}

void FillNetwork(const StatsSource& s, StatsSink* out) {
  const DispatchOptions& dispatch = s.settings->dispatch;
  out->Gauge("maxbytes", s.store->limit_bytes());
  out->Gauge("maxconns", dispatch.max_connections);
  out->Gauge("tcpport", dispatch.port);
  out->Gauge("udpport", 0);
  out->Text("inter", Interfaces(dispatch));
  out->Gauge("verbosity", s.verbosity);
  out->Gauge("oldest", 0);
  out->Text("evictions", s.settings->store.evict ? "on" : "off");
  out->Text("domain_socket", DomainSocket(dispatch));
  out->Text("umask", absl::StrFormat("%o", dispatch.unix_mask));
  out->Flag("shutdown_command", s.settings->shutdown_allowed);
  out->Gauge("growth_factor", {s.settings->tuning.growth_factor, 2});
  out->Gauge("chunk_size", s.settings->tuning.chunk_size);
  out->Gauge("num_threads", dispatch.threads);
  out->Gauge("num_threads_per_udp", dispatch.threads);
  out->Text("stat_key_prefix", std::string(1, s.settings->prefix_delimiter));
  out->Flag("detail_enabled", s.log->Wants(kPrefixes));
  out->Gauge("reqs_per_event", dispatch.requests_per_turn);
  out->Flag("cas_enabled", s.settings->store.cas);
  out->Gauge("tcp_backlog", dispatch.backlog);
  out->Text("binding_protocol", "ascii");
  out->Text("auth_enabled_sasl", "no");
  out->Text("auth_enabled_ascii", s.settings->auth_file.empty() ? "no" : s.settings->auth_file);
  out->Gauge("item_size_max", dispatch.max_item_bytes);
  out->Flag("maxconns_fast", dispatch.refuse_fast);
}

// What slab classes and LRU lists would be tuned by.
void FillSlabsAndLru(const StatsSource& s, StatsSink* out) {
  const Tuning& tuning = s.settings->tuning;
  out->Gauge("hashpower_init", tuning.hashpower);
  out->Flag("slab_reassign", tuning.slab_reassign);
  out->Gauge("slab_automove", tuning.slab_automove);
  out->Gauge("slab_automove_ratio", {tuning.slab_automove_ratio, 2});
  out->Gauge("slab_automove_window", tuning.slab_automove_window);
  out->Gauge("slab_chunk_max", tuning.slab_chunk_max_bytes());
  out->Flag("lru_crawler", s.crawler->enabled());
  out->Gauge("lru_crawler_sleep", tuning.lru_crawler_sleep);
  out->Gauge("lru_crawler_tocrawl", tuning.lru_crawler_tocrawl);
  out->Gauge("tail_repair_time", tuning.tail_repair_time);
  out->Flag("flush_enabled", s.settings->flush_allowed);
  out->Flag("dump_enabled", s.settings->dump_allowed);
  out->Text("hash_algorithm", tuning.hash_algorithm);
  out->Flag("lru_maintainer_thread", tuning.lru_maintainer);
  out->Flag("lru_segmented", tuning.lru_maintainer);
  out->Gauge("hot_lru_pct", tuning.hot_lru_pct);
  out->Gauge("warm_lru_pct", tuning.warm_lru_pct);
  out->Gauge("hot_max_factor", {tuning.hot_max_factor, 2});
  out->Gauge("warm_max_factor", {tuning.warm_max_factor, 2});
  out->Flag("temp_lru", tuning.temp_lru);
  out->Gauge("temporary_ttl", tuning.temporary_ttl);
}

void FillExternalStorage(const Tuning& tuning, StatsSink* out) {
  out->Gauge("ext_item_size", 512);
  out->Gauge("ext_item_age", 4294967295);
  out->Gauge("ext_low_ttl", 0);
  out->Gauge("ext_recache_rate", 2000);
  out->Gauge("ext_wbuf_size", 4194304);
  out->Gauge("ext_compact_under", 0);
  out->Gauge("ext_drop_under", 0);
  out->Gauge("ext_max_sleep", 1000000);
  out->Gauge("ext_max_frag", {0.80, 2});
  out->Gauge("slab_automove_freeratio", {tuning.slab_automove_freeratio, 3});
  out->Text("ext_drop_unread", "no");
}

std::string_view Or(std::string_view text, std::string_view none) {
  return text.empty() ? none : text;
}

void FillTls(const Settings& settings, StatsSink* out) {
  const TlsOptions& tls = settings.tls;
  out->Flag("ssl_enabled", settings.tls_enabled);
  out->Text("ssl_chain_cert", Or(tls.chain_cert, "(null)"));
  out->Text("ssl_key", Or(tls.key, "(null)"));
  out->Gauge("ssl_verify_mode", tls.verify_mode);
  out->Gauge("ssl_keyformat", tls.key_format);
  out->Text("ssl_ciphers", Or(tls.ciphers, "NULL"));
  out->Text("ssl_ca_cert", Or(tls.ca_cert, "NULL"));
  out->Gauge("ssl_wbuf_size", tls.write_buffer_bytes);
  out->Flag("ssl_session_cache", tls.session_cache);
  out->Flag("ssl_kernel_tls", settings.tuning.ssl_kernel_tls);
  out->Text("ssl_min_version", absl::StrCat("tlsv1.", tls.min_version));
  out->Gauge("ssl_handshake_timeout", settings.dispatch.handshake_timeout_s);
}

}  // namespace

void FillSettings(const StatsSource& s, StatsSink* out) {
  FillNetwork(s, out);
  FillSlabsAndLru(s, out);
  out->Gauge("idle_timeout", s.settings->dispatch.idle_timeout_s);
  out->Gauge("watcher_logbuf_size", s.settings->watcher_buffer_bytes);
  out->Gauge("worker_logbuf_size", s.settings->tuning.worker_logbuf_size << 10);
  out->Gauge("read_buf_mem_limit", s.settings->dispatch.input_memory_bytes);
  out->Gauge("resp_obj_mem_limit", s.settings->dispatch.reply_memory_bytes);
  out->Flag("track_sizes", s.settings->tuning.track_sizes);
  out->Text("inline_ascii_response", "no");
  FillExternalStorage(s.settings->tuning, out);
  FillTls(*s.settings, out);
  out->Gauge("num_napi_ids", 0);
  out->Text("memory_file", "(null)");
  out->Gauge("client_flags_size", 4);
  out->Text("dispatch", InfoOf(s.settings->dispatch.mode).name);
  out->Gauge("num_workers", WorkerCount(s.settings->dispatch));
}

}  // namespace overtake
