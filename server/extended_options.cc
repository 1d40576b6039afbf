#include "server/extended_options.h"

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/tls_options.h"

namespace overtake {
namespace {

// What memcached lets stand behind the "=" of a key that has no effect here.
enum class Value {
  kNone,    // nothing that matters
  kNumber,  // a number has to
  kMaybe,   // a number may
  kText,    // something has to
};

const absl::flat_hash_map<absl::string_view, Value>& WithoutEffect() {
  static const auto* const keys = new absl::flat_hash_map<absl::string_view, Value>{
      // The hash table grows by itself, a cache line at a time.
      {"hashpower", Value::kNumber},
      {"no_hashexpand", Value::kNone},
      {"hash_algorithm", Value::kText},
      // There are no slab classes.
      {"slab_reassign", Value::kNone},
      {"no_slab_reassign", Value::kNone},
      {"slab_automove", Value::kMaybe},
      {"no_slab_automove", Value::kNone},
      {"slab_automove_ratio", Value::kText},
      {"slab_automove_window", Value::kNumber},
      {"slab_automove_freeratio", Value::kText},
      {"slab_chunk_max", Value::kNumber},
      {"slab_sizes", Value::kText},
      {"no_chunked_items", Value::kNone},
      {"track_sizes", Value::kNone},
      // There are no LRU lists, and nothing that crawls them.
      {"lru_crawler_sleep", Value::kNumber},
      {"lru_crawler_tocrawl", Value::kNumber},
      {"lru_maintainer", Value::kNone},
      {"no_lru_maintainer", Value::kNone},
      {"hot_lru_pct", Value::kNumber},
      {"warm_lru_pct", Value::kNumber},
      {"hot_max_factor", Value::kText},
      {"warm_max_factor", Value::kText},
      {"temporary_ttl", Value::kNumber},
      {"tail_repair_time", Value::kNumber},
      {"worker_logbuf_size", Value::kNumber},
      {"inline_ascii_response", Value::kNone},
      {"no_inline_ascii_resp", Value::kNone},
      {"modern", Value::kNone},
      {"no_modern", Value::kNone},
      {"drop_privileges", Value::kNone},
      {"no_drop_privileges", Value::kNone},
      {"sock_cookie_id", Value::kNumber},
      // OpenSSL encrypts in the process.
      {"ssl_kernel_tls", Value::kNone},
  };
  return *keys;
}

absl::Status NeedsNumber(absl::string_view key) {
  return absl::InvalidArgumentError(absl::StrCat("Missing numeric argument for ", key));
}

absl::Status CheckValue(absl::string_view key, Value kind, bool has_value,
                        absl::string_view value) {
  uint64_t number = 0;
  const bool is_number = has_value && absl::SimpleAtoi(value, &number);
  if (kind == Value::kNumber && !is_number) return NeedsNumber(key);
  if (kind == Value::kMaybe && has_value && !is_number) return NeedsNumber(key);
  if (kind == Value::kText && value.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("Missing argument for ", key));
  }
  return absl::OkStatus();
}

// Of megabytes; 0 is no limit.
absl::Status ParseMemoryLimit(absl::string_view key, absl::string_view value, size_t* bytes) {
  constexpr uint32_t kMaxMegabytes = 1 << 20;
  uint32_t megabytes = 0;
  if (!absl::SimpleAtoi(value, &megabytes)) return NeedsNumber(key);
  if (megabytes > kMaxMegabytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, " must be from 0 to ", kMaxMegabytes, " MB"));
  }
  *bytes = size_t{megabytes} << 20;
  return absl::OkStatus();
}

// 0 is no limit.
absl::Status ParseSeconds(absl::string_view key, absl::string_view value, int* seconds) {
  constexpr int kMaxSeconds = 1'000'000'000;
  int number = 0;
  if (!absl::SimpleAtoi(value, &number)) return NeedsNumber(key);
  if (number < 0 || number > kMaxSeconds) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, " must be from 0 to ", kMaxSeconds, " seconds"));
  }
  *seconds = number;
  return absl::OkStatus();
}

absl::Status ParseOne(absl::string_view key, bool has_value, absl::string_view value,
                      Settings* settings) {
  if (key == "maxconns_fast" || key == "no_maxconns_fast") {
    settings->dispatch.refuse_fast = key == "maxconns_fast";
    return absl::OkStatus();
  }
  if (key == "lru_crawler" || key == "no_lru_crawler") {
    settings->crawler_enabled = key == "lru_crawler";
    return absl::OkStatus();
  }
  if (key == "watcher_logbuf_size") {
    constexpr uint32_t kMaxKilobytes = 1 << 20;
    uint32_t kilobytes = 0;
    if (!has_value || !absl::SimpleAtoi(value, &kilobytes)) return NeedsNumber(key);
    if (kilobytes < 1 || kilobytes > kMaxKilobytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("watcher_logbuf_size must be from 1 to ", kMaxKilobytes, " KB"));
    }
    settings->watcher_buffer_bytes = size_t{kilobytes} << 10;
    return absl::OkStatus();
  }
  if (key == "resp_obj_mem_limit") {
    return ParseMemoryLimit(key, value, &settings->dispatch.reply_memory_bytes);
  }
  if (key == "read_buf_mem_limit") {
    return ParseMemoryLimit(key, value, &settings->dispatch.input_memory_bytes);
  }
  if (key == "idle_timeout") {
    return ParseSeconds(key, value, &settings->dispatch.idle_timeout_s);
  }
  if (key == "ssl_handshake_timeout") {
    return ParseSeconds(key, value, &settings->dispatch.handshake_timeout_s);
  }
  if (absl::StartsWith(key, "ext_")) {
    return absl::InvalidArgumentError(
        absl::StrCat(key, ": there is no external storage in this server"));
  }
  const auto found = WithoutEffect().find(key);
  if (found != WithoutEffect().end()) {
    absl::Status status = CheckValue(key, found->second, has_value, value);
    if (status.ok()) settings->without_effect.emplace_back(absl::StrCat("-o ", key));
    return status;
  }
  if (absl::StartsWith(key, "ssl_")) {
    return ParseTlsOption(key, has_value, value, &settings->tls);
  }
  return absl::InvalidArgumentError(absl::StrCat("Illegal suboption \"", key, "\""));
}

}  // namespace

absl::Status ParseExtendedOptions(absl::string_view text, Settings* settings) {
  if (text.empty()) return absl::OkStatus();
  if (absl::EndsWith(text, ",")) text.remove_suffix(1);  // as for getsubopt
  for (absl::string_view option : absl::StrSplit(text, ',')) {
    const size_t equals = option.find('=');
    const bool has_value = equals != absl::string_view::npos;
    const absl::string_view value = has_value ? option.substr(equals + 1) : "";
    absl::Status status = ParseOne(option.substr(0, equals), has_value, value, settings);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace overtake
