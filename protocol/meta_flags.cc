#include "protocol/meta_flags.h"

#include "protocol/base64.h"
#include "protocol/line_parts.h"
#include "protocol/number.h"

namespace overtake {
namespace {

constexpr std::string_view kBadToken = "CLIENT_ERROR bad token in command line format";
constexpr std::string_view kBadKey = "CLIENT_ERROR error decoding key";
constexpr std::string_view kBadInitial = "CLIENT_ERROR invalid numeric initial value";
constexpr std::string_view kBadDelta = "CLIENT_ERROR invalid numeric delta value";
constexpr std::string_view kDuplicate = "CLIENT_ERROR duplicate flag";
constexpr std::string_view kInvalid = "CLIENT_ERROR invalid flag";

// Readers of arguments. False when there is something else.
template <int64_t Request::*exptime>
bool Read(std::string_view argument, Request* request) {
  return ParseExptime(argument, &(request->*exptime));
}
template <int64_t MetaFlags::*exptime>
bool Read(std::string_view argument, Request* request) {
  return ParseExptime(argument, &(request->meta.*exptime));
}
template <uint64_t Request::*number>
bool Read(std::string_view argument, Request* request) {
  return ParseUint64(argument, &(request->*number));
}
template <uint64_t MetaFlags::*number>
bool Read(std::string_view argument, Request* request) {
  return ParseUint64(argument, &(request->meta.*number));
}
bool ReadFlags(std::string_view argument, Request* request) {
  return ParseUint32(argument, &request->flags);
}
// The first byte counts.
bool ReadMode(std::string_view argument, Request* request) {
  if (!argument.empty()) request->meta.mode = argument[0];
  return true;
}
bool DecodeKey(std::string_view /*argument*/, Request* request) {
  std::array<char, kMaxKeyBytes> key;
  request->meta.key_bytes = static_cast<uint8_t>(DecodeBase64(request->key, key.data()));
  return request->meta.key_bytes > 0;
}

struct Flag {
  char letter;
  // Null: it has no argument, or one that nobody reads.
  bool (*read)(std::string_view argument, Request* request) = nullptr;
  std::string_view error = {};  // of a wrong argument; "": memcached has no words of its own for it
};

// P and L are a proxy's. 1.6.18 does not know x, nor E; later versions do.
constexpr Flag kFlags[] = {
    {'b', DecodeKey, kBadKey},
    {'c'},
    {'f'},
    {'h'},
    {'k'},
    {'l'},
    {'q'},
    {'s'},
    {'t'},
    {'u'},
    {'v'},
    {'x'},
    {'C', Read<&Request::number>, kBadToken},
    {'D', Read<&MetaFlags::delta>, kBadDelta},
    {'E', Read<&MetaFlags::new_cas>, kBadToken},
    {'F', ReadFlags},
    {'I'},
    {'J', Read<&MetaFlags::initial>, kBadInitial},
    {'L'},
    {'M', ReadMode},
    {'N', Read<&MetaFlags::vivify_exptime>, kBadToken},
    {'O'},
    {'P'},
    {'R', Read<&MetaFlags::recache_exptime>, kBadToken},
    {'T', Read<&Request::exptime>, kBadToken},
};

constexpr unsigned char kLetters = 127;  // those of ASCII

constexpr std::array<const Flag*, kLetters> kByLetter = [] {
  std::array<const Flag*, kLetters> by_letter{};
  for (const Flag& flag : kFlags) by_letter[static_cast<unsigned char>(flag.letter)] = &flag;
  return by_letter;
}();

}  // namespace

std::string_view ParseMetaFlags(Request* request) {
  MetaFlags& meta = request->meta;
  meta.key_bytes = static_cast<uint8_t>(request->key.size());
  bool valid = true;
  std::string_view error = kBadFormat;
  KeyList flags(request->text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    const auto letter = static_cast<unsigned char>(flag[0]);
    // memcached's words for bytes beyond ASCII, too.
    if (letter >= kLetters) return kDuplicate;
    const Flag* const known = kByLetter[letter];
    if (known == nullptr) return kInvalid;
    if (meta.Has(known->letter)) return kDuplicate;
    meta.Set(known->letter);
    if (known->read == nullptr || known->read(flag.substr(1), request)) continue;
    // The line is read to its end: of several errors, the last one is told.
    valid = false;
    if (!known->error.empty()) error = known->error;
  }
  return valid ? std::string_view() : error;
}

bool OpaqueFits(const Request& request) {
  constexpr size_t kMaxOpaqueBytes = 32;  // with the O
  if (!request.meta.Has('O')) return true;
  KeyList flags(request.text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    if (flag[0] == 'O' && flag.size() > kMaxOpaqueBytes) return false;
  }
  return true;
}

MetaKey::MetaKey(const Request& request) : bytes_(request.key) {
  if (request.meta.Has('b')) {
    bytes_ = {decoded_.data(), DecodeBase64(request.key, decoded_.data())};
  }
}

}  // namespace overtake
