#include "server/stats_of_tls.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace overtake {
namespace {

std::string Or(const std::string& text, const char* none) { return text.empty() ? none : text; }

}  // namespace

void AppendTlsStats(const Settings& settings, StatsWriter* out) {
  const TlsContext* const tls = settings.dispatch.tls;
  if (tls == nullptr) return;
  if (settings.tls.session_cache) out->Count("ssl_new_sessions", tls->new_sessions());
  out->Count("ssl_handshake_errors", tls->handshake_errors());
  out->Gauge("time_since_server_cert_refresh", tls->seconds_since_refresh());
}

void AppendTlsSettings(const Settings& settings, StatsWriter* out) {
  const TlsOptions& tls = settings.tls;
  out->Gauge("ssl_enabled", YesOrNo(settings.tls_enabled));
  out->Gauge("ssl_chain_cert", Or(tls.chain_cert, "(null)"));
  out->Gauge("ssl_key", Or(tls.key, "(null)"));
  out->Gauge("ssl_verify_mode", tls.verify_mode);
  out->Gauge("ssl_keyformat", tls.key_format);
  out->Gauge("ssl_ciphers", Or(tls.ciphers, "NULL"));
  out->Gauge("ssl_ca_cert", Or(tls.ca_cert, "NULL"));
  out->Gauge("ssl_wbuf_size", tls.write_buffer_bytes);
  out->Gauge("ssl_session_cache", YesOrNo(tls.session_cache));
  out->Gauge("ssl_kernel_tls", "no");
  out->Gauge("ssl_min_version", absl::StrCat("tlsv1.", tls.min_version));
  out->Gauge("ssl_handshake_timeout", settings.dispatch.handshake_timeout_s);
}

}  // namespace overtake
