#include "server/extended_options.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/tls_options.h"

namespace overtake {
namespace {

using absl::string_view;

absl::Status Wrong(string_view key, string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(key, what));
}

absl::Status NeedsNumber(string_view key) {
  return absl::InvalidArgumentError(absl::StrCat("Missing numeric argument for ", key));
}

// What becomes of a key of Tuning, with what stands behind its "="; without one the value has no
// data. The functions that follow make one for each kind of key.
using Parser = std::function<absl::Status(string_view key, string_view value, Tuning* tuning)>;

// Whatever is behind the "=", as in memcached.
Parser Ignored() {
  return [](string_view, string_view, Tuning*) { return absl::OkStatus(); };
}

template <typename T>
Parser Set(T Tuning::*member, T to) {
  return [=](string_view, string_view, Tuning* tuning) {
    tuning->*member = to;
    return absl::OkStatus();
  };
}

template <typename T>
Parser Number(T Tuning::*member, int64_t least, int64_t most) {
  return [=](string_view key, string_view value, Tuning* tuning) {
    int64_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) return NeedsNumber(key);
    if (number < least || number > most) {
      return Wrong(key, absl::StrCat(" must be from ", least, " to ", most));
    }
    tuning->*member = static_cast<T>(number);
    return absl::OkStatus();
  };
}

constexpr double kAny = std::numeric_limits<double>::max();

Parser Real(double Tuning::*member, double above, double most) {
  return [=](string_view key, string_view value, Tuning* tuning) {
    double number = 0;
    if (!absl::SimpleAtod(value, &number)) return NeedsNumber(key);
    if (!(number > above && number <= most)) {
      return Wrong(key, most == kAny
                            ? absl::StrCat(" must be above ", above)
                            : absl::StrCat(" must be above ", above, " and at most ", most));
    }
    tuning->*member = number;
    return absl::OkStatus();
  };
}

absl::Status ParseHashAlgorithm(string_view key, string_view value, Tuning* tuning) {
  if (value != "jenkins" && value != "murmur3" && value != "xxh3") {
    return Wrong(key, " must be jenkins, murmur3 or xxh3");
  }
  tuning->hash_algorithm = std::string(value);
  return absl::OkStatus();
}

absl::Status ParseSlabSizes(string_view key, string_view value, Tuning* tuning) {
  if (value.empty()) return Wrong(key, ": the sizes are missing");
  tuning->slab_sizes = std::string(value);  // see CheckTuning
  return absl::OkStatus();
}

absl::Status ParseAutomove(string_view key, string_view value, Tuning* tuning) {
  return Number(&Tuning::slab_automove, 0, 2)(key, value.data() == nullptr ? "1" : value, tuning);
}

absl::Status ParseTemporaryTtl(string_view key, string_view value, Tuning* tuning) {
  tuning->temp_lru = true;
  return Number(&Tuning::temporary_ttl, 0, std::numeric_limits<uint32_t>::max())(key, value,
                                                                                 tuning);
}

absl::Status ParseCookie(string_view key, string_view value, Tuning*) {
  uint32_t number = 0;
  return absl::SimpleAtoi(value, &number) ? absl::OkStatus() : NeedsNumber(key);
}

const absl::flat_hash_map<string_view, Parser>& WithoutEffect() {
  constexpr int kInt = std::numeric_limits<int>::max();
  using T = Tuning;
  static const auto* const keys = new absl::flat_hash_map<string_view, Parser>{
      // The hash table grows by itself, a cache line at a time.
      {"hashpower", Number(&T::hashpower, 12, 32)},
      {"no_hashexpand", Ignored()},
      {"hash_algorithm", ParseHashAlgorithm},
      // There are no slab classes.
      {"slab_reassign", Set(&T::slab_reassign, true)},
      {"no_slab_reassign", Set(&T::slab_reassign, false)},
      {"slab_automove", ParseAutomove},
      {"no_slab_automove", Set(&T::slab_automove, 0)},
      {"slab_automove_ratio", Real(&T::slab_automove_ratio, 0, 1)},
      {"slab_automove_window", Number(&T::slab_automove_window, 3, 1800)},
      {"slab_automove_freeratio", Real(&T::slab_automove_freeratio, -kAny, kAny)},
      {"slab_chunk_max", Number(&T::slab_chunk_max, 1, 1024)},
      {"slab_sizes", ParseSlabSizes},
      {"no_chunked_items", Set(&T::slab_chunk_max, T::kSlabPageKilobytes)},
      {"track_sizes", Set(&T::track_sizes, true)},
      // There are no LRU lists, and nothing that crawls them.
      {"lru_crawler_sleep", Number(&T::lru_crawler_sleep, 0, 1'000'000)},
      {"lru_crawler_tocrawl",
       Number(&T::lru_crawler_tocrawl, 0, std::numeric_limits<uint32_t>::max())},
      {"lru_maintainer", Set(&T::lru_maintainer, true)},
      {"no_lru_maintainer", Set(&T::lru_maintainer, false)},
      {"hot_lru_pct", Number(&T::hot_lru_pct, 1, 79)},
      {"warm_lru_pct", Number(&T::warm_lru_pct, 1, 79)},
      {"hot_max_factor", Real(&T::hot_max_factor, 0, kAny)},
      {"warm_max_factor", Real(&T::warm_max_factor, 0, kAny)},
      {"temporary_ttl", ParseTemporaryTtl},
      {"tail_repair_time", Number(&T::tail_repair_time, 10, kInt)},
      {"worker_logbuf_size", Number(&T::worker_logbuf_size, 0, 1 << 20)},
      {"inline_ascii_resp", Ignored()},
      {"no_inline_ascii_resp", Ignored()},
      {"modern", Ignored()},
      {"drop_privileges", Ignored()},
      {"no_drop_privileges", Ignored()},
      {"sock_cookie_id", ParseCookie},
      // OpenSSL encrypts in the process.
      {"ssl_kernel_tls", Set(&T::ssl_kernel_tls, true)},
  };
  return *keys;
}

// memcached's settings of before version 1.5, those that have an effect here too.
void ParseNoModern(Settings* settings) {
  settings->dispatch.refuse_fast = false;
  settings->crawler_enabled = false;
  Tuning& tuning = settings->tuning;
  if (tuning.slab_chunk_max == 0) tuning.slab_chunk_max = Tuning::kSlabPageKilobytes;
  tuning.slab_reassign = tuning.lru_maintainer = false;
  tuning.slab_automove = 0;
  tuning.hash_algorithm = "jenkins";
}

// Of megabytes; 0 is no limit.
absl::Status ParseMemoryLimit(string_view key, string_view value, size_t* bytes) {
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
absl::Status ParseSeconds(string_view key, string_view value, int* seconds) {
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

absl::Status ParseOne(string_view key, bool has_value, string_view value, Settings* settings) {
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
  if (key == "no_modern") {
    ParseNoModern(settings);
    return absl::OkStatus();
  }
  const auto found = WithoutEffect().find(key);
  if (found != WithoutEffect().end()) {
    settings->without_effect.emplace_back(absl::StrCat("-o ", key));
    return found->second(key, value, &settings->tuning);
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
    const absl::string_view value = has_value ? option.substr(equals + 1) : absl::string_view();
    absl::Status status = ParseOne(option.substr(0, equals), has_value, value, settings);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckTuning(const Tuning& tuning) {
  if (tuning.hot_lru_pct + tuning.warm_lru_pct > 80) {
    return Wrong("hot_lru_pct + warm_lru_pct", " cannot be more than 80% combined");
  }
  if (tuning.temp_lru && !tuning.lru_maintainer) {
    return Wrong("temporary_ttl", " requires lru_maintainer to be enabled");
  }
  if (tuning.slab_sizes.empty()) return absl::OkStatus();
  constexpr size_t kMostClasses = 62;
  constexpr uint32_t kLeastStep = 9;
  const std::vector<string_view> sizes = absl::StrSplit(tuning.slab_sizes, '-', absl::SkipEmpty());
  if (sizes.size() > kMostClasses) return Wrong("slab_sizes", ": too many slab classes");
  int64_t least = tuning.chunk_size;
  for (string_view text : sizes) {
    uint32_t size = 0;
    if (!absl::SimpleAtoi(text, &size) || size < least || size > tuning.slab_chunk_max_bytes()) {
      return Wrong("slab_sizes", absl::StrCat(": ", text, " is out of the range from ", least,
                                              " to ", tuning.slab_chunk_max_bytes()));
    }
    least = int64_t{size} + kLeastStep;
  }
  return absl::OkStatus();
}

}  // namespace overtake
