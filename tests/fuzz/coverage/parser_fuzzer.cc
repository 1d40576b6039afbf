// RequestParser on arbitrary bytes: the same requests wherever the bytes are cut, nothing consumed
// or read that is not there, and views that lie in what was passed; so of a client that has to log
// in first ("u", "p"). A request that is given up leaves the ones behind it as they are.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/meta_flags.h"
#include "protocol/parser.h"
#include "server/commands/command_table.h"
#include "tests/fuzz/coverage/check.h"

namespace overtake::tests {
namespace {

constexpr size_t kMaxItemBytes = 512;  // so that short inputs can exceed it

// All that a request says, for comparison.
std::string Describe(const Request& request) {
  std::string text;
  const auto add_number = [&text](uint64_t number) { text += std::to_string(number) + ' '; };
  const auto add_bytes = [&](std::string_view bytes) {
    add_number(bytes.size());
    text += bytes;
  };
  add_number(static_cast<uint64_t>(request.command));
  add_number(request.noreply);
  add_number(request.too_large);
  add_number(request.last_part);
  add_number(request.flags);
  add_number(static_cast<uint64_t>(request.exptime));
  add_number(request.number);
  add_bytes(request.key);
  add_bytes(request.value);
  add_bytes(request.text);
  add_number(request.meta.given);
  add_number(static_cast<unsigned char>(request.meta.mode));
  add_number(request.meta.delta + request.meta.initial + request.meta.new_cas);
  KeyList keys = request.keys;
  std::string_view key;
  while (keys.Next(&key)) add_bytes(key);
  return text;
}

// What execution relies on.
void CheckInvariants(const Request& request) {
  OVERTAKE_CHECK(request.key.size() <= kMaxKeyBytes);
  if (request.command == Command::kInvalid) OVERTAKE_CHECK(!request.text.empty());
  const CommandClass group = kCommandTable[request.command].group;
  if (group == CommandClass::kStorage || request.command == Command::kMetaSet) {
    OVERTAKE_CHECK(!request.key.empty());
    const bool fits = ItemBytes(request.key.size(), request.flags, request.value.size()) <=
                      kMaxItemBytes + kMaxKeyBytes;
    OVERTAKE_CHECK(request.too_large || fits);
  }
  if (group == CommandClass::kMeta) {
    const MetaKey key(request);
    OVERTAKE_CHECK(!key.bytes().empty() && key.bytes().size() <= kMaxKeyBytes);
  }
  KeyList keys = request.keys;
  std::string_view key;
  while (keys.Next(&key)) OVERTAKE_CHECK(!key.empty() && key.size() <= kMaxKeyBytes);
}

class OneUser : public Authenticator {
 public:
  bool Accepts(std::string_view user, std::string_view password) const override {
    return user == "u" && password == "p";
  }
};

// Feeds the bytes in pieces that end at `cuts`. With `patient`, the parser is only asked when there
// are as many bytes as it said it needs.
std::vector<std::string> ParseAll(std::string_view bytes, const std::vector<size_t>& cuts,
                                  bool patient, const Authenticator* users) {
  RequestParser parser(&kCommandTable, kMaxItemBytes, users);
  std::vector<std::string> requests;
  std::string unread;
  size_t from = 0;
  for (const size_t cut : cuts) {
    unread += bytes.substr(from, cut - from);
    from = cut;
    if (patient && unread.size() < parser.needed()) continue;
    for (;;) {
      // In a block of its own, without a byte to spare, for AddressSanitizer to see.
      const std::unique_ptr<char[]> input(new char[unread.size()]);
      std::memcpy(input.get(), unread.data(), unread.size());
      Request request;
      size_t consumed = 0;
      const auto result = parser.Next({input.get(), unread.size()}, &request, &consumed);
      OVERTAKE_CHECK(consumed <= unread.size());
      unread.erase(0, consumed);
      if (result == RequestParser::Result::kNeedMore) {
        OVERTAKE_CHECK(parser.needed() > unread.size());
        break;
      }
      CheckInvariants(request);
      requests.push_back(Describe(request));
      if (request.command == Command::kQuit) return requests;
    }
  }
  return requests;
}

// Feeds the bytes up to `cut`, gives up what is under way, and feeds the others. What follows a
// value that was given up must be as in `whole`.
void GiveUpAt(std::string_view bytes, size_t cut, const std::vector<std::string>& whole) {
  RequestParser parser(&kCommandTable, kMaxItemBytes);
  std::vector<std::string> requests;
  std::string unread(bytes.substr(0, cut));
  const auto parse = [&] {
    for (;;) {
      Request request;
      size_t consumed = 0;
      const auto result = parser.Next(unread, &request, &consumed);
      OVERTAKE_CHECK(consumed <= unread.size());
      if (result == RequestParser::Result::kNeedMore) {
        unread.erase(0, consumed);
        OVERTAKE_CHECK(parser.needed() > unread.size());
        return true;
      }
      CheckInvariants(request);
      requests.push_back(Describe(request));
      if (request.command == Command::kQuit) return false;
      unread.erase(0, consumed);
    }
  };
  if (!parse()) return;
  const std::optional<size_t> kept = parser.GiveUp(unread.size());
  if (!kept.has_value()) return;
  OVERTAKE_CHECK(*kept > 0 && *kept <= unread.size());
  const bool value = unread[*kept - 1] == '\n';
  const size_t before = requests.size();
  unread.resize(*kept);
  if (!parse()) return;
  OVERTAKE_CHECK(!parser.GiveUp(unread.size()).has_value());
  unread += bytes.substr(cut);
  parse();
  if (!value || whole.size() <= before) return;
  // It stands for itself, and for its error unless nobody is told.
  const size_t behind = whole.size() - before - 1;
  OVERTAKE_CHECK(requests.size() > before + behind && requests.size() <= before + behind + 2);
  OVERTAKE_CHECK(std::equal(whole.begin(), whole.begin() + before, requests.begin()));
  OVERTAKE_CHECK(std::equal(whole.end() - behind, whole.end(), requests.end() - behind));
}

// Cuts that depend on the bytes alone, the end included.
std::vector<size_t> CutsOf(std::string_view bytes, uint32_t seed) {
  std::vector<size_t> cuts = {bytes.size()};
  for (int i = 0; i < 6 && !bytes.empty(); ++i) {
    seed = seed * 1664525 + 1013904223;
    cuts.push_back(seed % bytes.size());
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

// Whether the line length alone closes the connection: it does only while the end is not in sight,
// so there cuts do matter.
bool HasLongLine(std::string_view bytes) {
  size_t length = 0;
  for (const char byte : bytes) {
    length = byte == '\n' ? 0 : length + 1;
    if (length > RequestParser::kMaxLineBytes) return true;
  }
  return false;
}

void Test(std::string_view bytes, const Authenticator* users) {
  const auto whole = ParseAll(bytes, {bytes.size()}, /*patient=*/false, users);
  uint32_t seed = 0;
  for (const char byte : bytes) seed = seed * 31 + static_cast<unsigned char>(byte);
  const auto cuts = CutsOf(bytes, seed);
  const auto cut = ParseAll(bytes, cuts, /*patient=*/false, users);
  const auto cut_patiently = ParseAll(bytes, cuts, /*patient=*/true, users);
  OVERTAKE_CHECK(cut == cut_patiently);
  if (!HasLongLine(bytes)) OVERTAKE_CHECK(whole == cut);
  if (users == nullptr && !HasLongLine(bytes)) {
    for (const size_t at : cuts) GiveUpAt(bytes, at, whole);
  }
  if (bytes.size() > 300 || HasLongLine(bytes)) return;
  std::vector<size_t> everywhere;
  for (size_t at = 1; at <= bytes.size(); ++at) everywhere.push_back(at);
  OVERTAKE_CHECK(whole == ParseAll(bytes, everywhere, /*patient=*/false, users));
}

}  // namespace
}  // namespace overtake::tests

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const overtake::tests::OneUser users;
  overtake::tests::Test(bytes, nullptr);
  overtake::tests::Test(bytes, &users);
  return 0;
}
