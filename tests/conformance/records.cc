#include "tests/conformance/records.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace overtake::tests {
namespace {

// A file's first line, before the version.
constexpr std::string_view kTitle = "# By conformance_record, from memcached ";

MemcachedVersion VersionIn(const std::string& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::string line;
    std::getline(std::ifstream(entry.path()) >> std::ws, line);
    if (line.starts_with(kTitle)) return ParseMemcachedVersion(line.substr(kTitle.size()));
  }
  throw std::runtime_error("no records in " + folder);
}

// A unit of bytes that `text` begins with several times over, and how often.
struct Repetition {
  std::string_view unit;
  size_t count = 1;
};

// The longest one, if it is worth braces.
std::optional<Repetition> RepetitionAtFront(std::string_view text) {
  constexpr size_t kLongestUnit = 120, kWorthIt = 40;
  Repetition best;
  for (size_t bytes = 1; bytes <= std::min(kLongestUnit, text.size() / 2); bytes++) {
    const std::string_view unit = text.substr(0, bytes);
    size_t count = 1;
    while (text.substr(count * bytes, bytes) == unit) count++;
    if (count * bytes > best.count * best.unit.size()) best = {unit, count};
  }
  if (best.count < 3 || (best.count - 1) * best.unit.size() < kWorthIt) return std::nullopt;
  return best;
}

// Bytes with escapes. {k} stands for itself.
std::string Escaped(std::string_view text) {
  constexpr std::string_view kPrefix = "{k}";
  std::string escaped;
  while (!text.empty()) {
    const char c = text[0];
    if (text.starts_with(kPrefix)) {
      escaped += kPrefix;
      text.remove_prefix(kPrefix.size());
      continue;
    }
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
    if (c == '\r') {
      escaped += "\\r";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\\' || c == '{' || c == '}') {
      escaped += {'\\', c};
    } else if (c < ' ' || c > '~') {
      escaped += hex;
    } else {
      escaped += c;
    }
    text.remove_prefix(1);
  }
  return escaped;
}

// `text`, a reply in the form of reply_text.h, in the corpus's notation: a line for each of its
// lines, long repetitions in braces.
std::string Notation(std::string_view text) {
  std::string lines;
  bool at_start = true;
  while (!text.empty()) {
    const auto repetition = RepetitionAtFront(text);
    const size_t bytes = repetition                ? repetition->unit.size() * repetition->count
                         : text.starts_with("{k}") ? 3
                                                   : 1;
    const std::string_view taken = text.substr(0, bytes);
    if (repetition) {
      lines += "{" + std::to_string(repetition->count) + "*" + Escaped(repetition->unit) + "}";
    } else if (at_start && (taken == "#" || taken == "[" || taken == "=")) {
      // What has a meaning at the start of a line.
      lines += taken == "#" ? "\\x23" : taken == "[" ? "\\x5b" : "\\x3d";
    } else {
      lines += Escaped(taken);
    }
    text.remove_prefix(bytes);
    at_start = taken.ends_with("\r\n") || (taken == "\n" && lines.ends_with("\\r\\n"));
    if (at_start || text.empty()) lines += "\n";
  }
  return lines;
}

}  // namespace

Records LoadRecords(const std::string& folder) {
  Records records = {.version = VersionIn(folder), .entries = {}};
  for (const Stream& stream : LoadCorpus(folder)) {
    Records::Entry entry = {.reply = {.after = {}, .closed = stream.closed},
                            .not_in_1_6_18 = stream.not_in_1_6_18};
    std::string received;
    for (const Segment& segment : stream.segments) {
      received += segment.Render("{k}", "");
      entry.reply.after.push_back(received);
    }
    records.entries.emplace(stream.name, std::move(entry));
  }
  return records;
}

std::map<std::string, std::string> RecordFiles(const Records& records,
                                               const std::vector<Stream>& corpus) {
  std::map<std::string, std::string> files;
  for (const Stream& stream : corpus) {
    const size_t slash = stream.name.find('/');
    std::string& text = files[stream.name.substr(0, slash) + ".txt"];
    if (text.empty()) text = std::string(kTitle) + records.version.text() + "\n";
    const Records::Entry& entry = records.entries.at(stream.name);
    text +=
        "\n[" + stream.name.substr(slash + 1) + (entry.not_in_1_6_18 ? " not-in-1.6.18]\n" : "]\n");
    std::string before;
    for (const std::string& after : entry.reply.after) {
      if (!after.starts_with(before)) {
        throw std::runtime_error(stream.name + ": a reply changed what was before it");
      }
      if (&after != &entry.reply.after.front()) text += "{wait}\n";
      text += Notation(std::string_view(after).substr(before.size()));
      before = after;
    }
    if (entry.reply.closed) text += "{closed}\n";
  }
  return files;
}

}  // namespace overtake::tests
