#include "bench/load/load_spec.h"

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace overtake::bench {
namespace {

constexpr double kMaxRate = 1e6;
constexpr int kMaxConnections = 10'000;
constexpr int kMaxKeysPerRequest = 100'000;
constexpr int kMaxKeys = 10'000'000 - 1;  // their names have seven digits
constexpr double kMaxSkew = 3;
constexpr size_t kMaxName = 32;

struct KindName {
  absl::string_view name;
  RequestKind kind;
  absl::string_view help;
};
constexpr KindName kKinds[] = {
    {"get", RequestKind::kGet, "get, or with keys=K a multiget"},
    {"set", RequestKind::kSet, "set"},
    {"delete", RequestKind::kDelete, "delete; gets of the same space may then miss"},
    {"mg", RequestKind::kMetaGet, "meta get (mg <key> v)"},
    {"spin", RequestKind::kSpin, "debug spin: uses the server's processor for a service time"},
    {"sleep", RequestKind::kSleep, "debug sleep: keeps a thread of the server for one"},
};

absl::Status Wrong(absl::string_view key, absl::string_view value, absl::string_view allowed) {
  return absl::InvalidArgumentError(absl::StrCat(key, "=", value, ": must be ", allowed));
}

template <typename Number>
absl::Status TakeNumber(absl::string_view key, absl::string_view value, Number low, Number high,
                        Number* out) {
  bool parsed = false;
  if constexpr (std::is_floating_point_v<Number>) {
    parsed = absl::SimpleAtod(value, out);
  } else {
    parsed = absl::SimpleAtoi(value, out);
  }
  if (parsed && *out >= low && *out <= high) return absl::OkStatus();
  return Wrong(key, value, absl::StrCat("from ", low, " to ", high));
}

// A name stands in keys, in tables and in names of files.
absl::Status TakeName(absl::string_view key, absl::string_view value, std::string* out) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
  if (!plain || value.empty() || value.size() > kMaxName) {
    return Wrong(key, value, "1 to 32 letters, digits, - or _");
  }
  *out = std::string(value);
  return absl::OkStatus();
}

template <typename Parsed>
absl::Status Take(absl::StatusOr<Parsed> parsed, Parsed* out) {
  if (parsed.ok()) *out = *std::move(parsed);
  return parsed.status();
}

// "random", "turns" or "zipf:S".
absl::Status TakeSpread(absl::string_view value, LoadClass* load) {
  load->connections_in_turn = value == "turns";
  load->connection_skew = 0;
  if (value == "random" || value == "turns") return absl::OkStatus();
  if (absl::ConsumePrefix(&value, "zipf:")) {
    return TakeNumber("spread=zipf", value, 0.01, kMaxSkew, &load->connection_skew);
  }
  return Wrong("spread", value, "random, turns or zipf:SKEW");
}

absl::Status TakePopularity(absl::string_view value, LoadClass* load) {
  load->key_skew = 0;
  if (value == "uniform") return absl::OkStatus();
  if (absl::ConsumePrefix(&value, "zipf:")) {
    return TakeNumber("popularity=zipf", value, 0.01, kMaxSkew, &load->key_skew);
  }
  return Wrong("popularity", value, "uniform or zipf:SKEW");
}

absl::Status TakeKey(absl::string_view key, absl::string_view value, LoadClass* load) {
  if (key == "rate") return TakeNumber(key, value, 0.0, kMaxRate, &load->rate);
  if (key == "arrivals") return Take(ArrivalProcess::Parse(value), &load->arrivals);
  if (key == "connections") return TakeNumber(key, value, 1, kMaxConnections, &load->connections);
  if (key == "spread") return TakeSpread(value, load);
  if (key == "keys") return TakeNumber(key, value, 1, kMaxKeysPerRequest, &load->keys_per_request);
  if (key == "count") return TakeNumber(key, value, 1, kMaxKeys, &load->key_count);
  if (key == "popularity") return TakePopularity(value, load);
  if (key == "size") return Take(ValueSizes::Parse(value), &load->sizes);
  if (key == "service") return Take(ServiceTime::Parse(value), &load->service);
  if (key == "space") return TakeName(key, value, &load->space);
  if (key == "urgent") {
    int urgent = 0;
    absl::Status status = TakeNumber(key, value, 0, 1, &urgent);
    load->urgent = urgent == 1;
    return status;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no such key of a class: \"", key,
                   "\" (there are rate, arrivals, connections, spread, keys, count, popularity, "
                   "size, service, space and urgent)"));
}

std::string Skewed(absl::string_view none, double skew) {
  return skew > 0 ? absl::StrCat("zipf:", skew) : std::string(none);
}

}  // namespace

absl::StatusOr<LoadClass> ParseLoadClass(absl::string_view spec) {
  const std::vector<absl::string_view> parts = absl::StrSplit(spec, ',');
  const std::pair<absl::string_view, absl::string_view> first =
      absl::StrSplit(parts[0], absl::MaxSplits('=', 1));
  LoadClass load;
  load.rate = 1000;
  load.connections = 8;
  load.key_count = 10'000;
  if (absl::Status status = TakeName("the class's name", first.first, &load.name); !status.ok()) {
    return status;
  }
  const auto* const kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                        [&](const KindName& k) { return k.name == first.second; });
  if (kind == std::end(kKinds)) {
    return Wrong(first.first, first.second, "get, set, delete, mg, spin or sleep");
  }
  load.kind = kind->kind;
  // Those of one key have short latencies, unless told otherwise.
  load.urgent = true;
  bool urgent_given = false;
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(parts[i], absl::MaxSplits('=', 1));
    urgent_given = urgent_given || pair.first == "urgent";
    absl::Status status = TakeKey(pair.first, pair.second, &load);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat(load.name, ": ", status.message()));
    }
  }
  if (load.keys_per_request > 1 && load.kind != RequestKind::kGet) {
    return absl::InvalidArgumentError(absl::StrCat(load.name, ": only a get has several keys"));
  }
  if (!urgent_given) load.urgent = load.keys_per_request == 1;
  load.key_count = std::max(load.key_count, load.keys_per_request);
  return load;
}

std::string SpecOf(const LoadClass& load) {
  const auto* const kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                        [&](const KindName& k) { return k.kind == load.kind; });
  std::string spec = absl::StrCat(
      load.name, "=", kind->name, ",rate=", load.rate, ",arrivals=", load.arrivals.text(),
      ",connections=", load.connections,
      ",spread=", load.connections_in_turn ? "turns" : Skewed("random", load.connection_skew));
  if (load.has_keys()) {
    absl::StrAppend(&spec, ",keys=", load.keys_per_request, ",count=", load.key_count,
                    ",popularity=", Skewed("uniform", load.key_skew), ",size=", load.sizes.text(),
                    ",space=", load.key_space());
  } else {
    absl::StrAppend(&spec, ",service=", load.service.text());
  }
  return absl::StrCat(spec, ",urgent=", load.urgent ? 1 : 0);
}

std::string LoadSpecHelp() {
  std::string help = "A class is NAME=KIND,KEY=VALUE,... Kinds:\n";
  for (const KindName& kind : kKinds) {
    absl::StrAppend(&help, "  ", kind.name, ": ", kind.help, "\n");
  }
  absl::StrAppend(
      &help,
      "Keys:\n"
      "  rate=R            requests a second (0 to 1000000; 1000)\n"
      "  arrivals=A        poisson, uniform, or bursty:ON:OFF (milliseconds)\n"
      "  connections=N     (1 to 10000; 8)\n"
      "  spread=S          requests over connections: random, turns, zipf:SKEW\n"
      "  keys=K            keys of a get (1 to 100000; 1)\n"
      "  count=N           different keys (1 to 9999999; 10000)\n"
      "  popularity=P      of keys: uniform, zipf:SKEW\n"
      "  size=B            bytes of values: BYTES, lognormal:MEDIAN:SIGMA, file:PATH (100)\n"
      "  service=T         of spin and sleep, in us: fixed:MEAN, exp:MEAN,\n"
      "                    bimodal:SHARE:SHORT:LONG, bimodal-90-10:MEAN,\n"
      "                    bimodal-99.5-0.5:MEAN, pareto:MEAN:SHAPE, lognormal:MEAN:SIGMA\n"
      "  space=NAME        classes of one space share their keys (the class's name)\n"
      "  urgent=0|1        run the class's thread before others (1, but for multigets)\n");
  return help;
}

}  // namespace overtake::bench
