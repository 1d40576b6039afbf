#include "server/tuning.h"

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "protocol/line_parts.h"
#include "protocol/number.h"

namespace overtake {
namespace {

constexpr int32_t kSlabClasses = 39;  // of a memcached with its defaults

// As C sees it: a NUL ends it.
bool ParseDouble(std::string_view text, double* out) {
  text = text.substr(0, text.find('\0'));
  return absl::SimpleAtod({text.data(), text.size()}, out);
}

std::string_view Reassign(std::string_view from, std::string_view to) {
  int32_t source = 0;
  int32_t destination = 0;
  if (!ParseInt32(from, &source) || !ParseInt32(to, &destination)) {
    return kBadFormat;
  }
  if (source == destination) return "SAME src and dst class are identical";
  const auto is_class = [](int32_t id) { return id >= 0 && id <= kSlabClasses; };
  if (!is_class(source) || !is_class(destination)) return "BADCLASS invalid src or dst class id";
  return "NOSPARE source class has no spare pages";
}

std::string_view Automove(const Tokens& words) {
  if (words[1] == "ratio" || words[1] == "freeratio") {
    double ratio = 0;
    return ParseDouble(words[2], &ratio) ? "OK" : kError;
  }
  const bool is_window = words[1] == "window";
  uint32_t number = 0;
  if (!ParseUint32(words[is_window ? 2 : 1], &number)) return kBadFormat;
  if (!is_window) return number <= 2 ? "OK" : kError;
  if (number < 3 || number > 1800) return "CLIENT_ERROR automove window too low or too high";
  return "OK";
}

std::string_view Tune(const Tokens& words) {
  uint32_t hot = 0;
  uint32_t warm = 0;
  double hot_factor = 0;
  double warm_factor = 0;
  if (!ParseUint32(words[1], &hot) || !ParseUint32(words[2], &warm) ||
      !ParseDouble(words[3], &hot_factor) || !ParseDouble(words[4], &warm_factor)) {
    return kError;
  }
  if (hot + warm > 80) return "ERROR hot and warm pcts must not exceed 80";
  if (hot_factor <= 0 || warm_factor <= 0) {
    return "ERROR hot/warm age factors must be greater than 0";
  }
  return "OK";
}

}  // namespace

std::string_view AnswerSlabs(std::string_view arguments) {
  const Tokens words = Split(arguments);
  if (words.count == 3 && words[0] == "reassign") return Reassign(words[1], words[2]);
  if (words.count < 2 || words[0] != "automove") return kError;
  return Automove(words);
}

std::string_view AnswerLru(std::string_view arguments) {
  const Tokens words = Split(arguments);
  if (words.count >= 5 && words[0] == "tune") return Tune(words);
  if (words.count >= 2 && words[0] == "mode") {
    return words[1] == "flat" || words[1] == "segmented" ? "OK" : kError;
  }
  int32_t seconds = 0;
  if (words.count >= 2 && words[0] == "temp_ttl" && ParseInt32(words[1], &seconds)) {
    return "OK";
  }
  return kError;
}

bool ParseSlabClass(std::string_view text, int* id) {
  uint32_t number = 0;
  if (!ParseLenientUint32(text, &number) || number < 1 || number > 63) return false;
  *id = static_cast<int>(number);
  return true;
}

}  // namespace overtake
