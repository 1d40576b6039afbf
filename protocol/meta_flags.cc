#include "protocol/meta_flags.h"

#include "protocol/base64.h"
#include "protocol/line_parts.h"
#include "protocol/number.h"

namespace overtake {
namespace {

constexpr std::string_view kBadToken = "CLIENT_ERROR bad token in command line format";
constexpr std::string_view kBadKey = "CLIENT_ERROR error decoding key";
constexpr std::string_view kBadMode = "CLIENT_ERROR incorrect length for M token";
constexpr std::string_view kBadInitial = "CLIENT_ERROR invalid numeric initial value";
constexpr std::string_view kBadDelta = "CLIENT_ERROR invalid numeric delta value";
constexpr std::string_view kDuplicate = "CLIENT_ERROR duplicate flag";
constexpr std::string_view kInvalid = "CLIENT_ERROR invalid flag";
constexpr std::string_view kOpaqueTooLong = "CLIENT_ERROR opaque token too long";

constexpr size_t kMaxOpaqueBytes = 32;  // with the O

// Without arguments, or with arguments that nobody reads. P and L are a proxy's. 1.6.18 does not
// know x, nor E; later versions do.
constexpr std::string_view kPlainFlags = "cfhklqstuvILOPx";

// Reads the one flag `flag`, whose letter is known and has not been there before. False, with
// *error set, if its argument is wrong; F has no words of its own and leaves *error as it is.
bool ParseFlag(std::string_view flag, Request* request, std::string_view* error) {
  const std::string_view argument = flag.substr(1);
  MetaFlags& meta = request->meta;
  const auto check = [error](bool valid, std::string_view why) {
    if (!valid) *error = why;
    return valid;
  };
  switch (flag[0]) {
    case 'b': {
      std::array<char, kMaxKeyBytes> key;
      meta.key_bytes = static_cast<uint8_t>(DecodeBase64(request->key, key.data()));
      return check(meta.key_bytes > 0, kBadKey);
    }
    case 'T':
      return check(ParseInt64(argument, &request->exptime), kBadToken);
    case 'N':
      return check(ParseInt64(argument, &meta.vivify_exptime), kBadToken);
    case 'R':
      return check(ParseInt64(argument, &meta.recache_exptime), kBadToken);
    case 'C':
      return check(ParseUint64(argument, &request->number), kBadToken);
    case 'E':
      return check(ParseUint64(argument, &meta.new_cas), kBadToken);
    case 'F':
      return ParseUint32Truncated(argument, &request->flags);
    case 'M':
      if (argument.size() == 1) meta.mode = argument[0];
      return check(argument.size() == 1, kBadMode);
    case 'J':
      return check(ParseUint64(argument, &meta.initial), kBadInitial);
    case 'D':
      return check(ParseUint64(argument, &meta.delta), kBadDelta);
    default:
      return true;
  }
}

bool IsFlag(char letter) {
  constexpr std::string_view kFlagsWithArguments = "bTNRCEFMJD";
  return kPlainFlags.find(letter) != std::string_view::npos ||
         kFlagsWithArguments.find(letter) != std::string_view::npos;
}

}  // namespace

std::string_view ParseMetaFlags(Request* request) {
  MetaFlags& meta = request->meta;
  meta.key_bytes = static_cast<uint8_t>(request->key.size());
  bool valid = true;
  std::string_view error = kBadFormat;
  KeyList flags(request->text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    const char letter = flag[0];
    // memcached's words for bytes beyond ASCII, too.
    if (static_cast<unsigned char>(letter) >= 127) return kDuplicate;
    if (!IsFlag(letter)) return kInvalid;
    if (meta.Has(letter)) return kDuplicate;
    meta.Set(letter);
    // The line is read to its end: of several errors, the last one is told.
    if (!ParseFlag(flag, request, &error)) valid = false;
  }
  return valid ? std::string_view() : error;
}

std::string_view CheckMetaFlags(const Request& request) {
  const MetaFlags& meta = request.meta;
  const auto mode_is_not_of = [&meta](std::string_view modes) {
    return meta.Has('M') && modes.find(meta.mode) == std::string_view::npos;
  };
  if (request.command == Command::kMetaSet && mode_is_not_of("EAPRS")) {
    return "CLIENT_ERROR invalid mode for ms M token";
  }
  if (request.command == Command::kMetaArithmetic && mode_is_not_of("I+D-")) {
    return "CLIENT_ERROR invalid mode for ma M token";
  }
  if (!meta.Has('O')) return {};
  KeyList flags(request.text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    if (flag[0] == 'O' && flag.size() > kMaxOpaqueBytes) return kOpaqueTooLong;
  }
  return {};
}

MetaKey::MetaKey(const Request& request) : bytes_(request.key) {
  if (request.meta.Has('b')) {
    bytes_ = {decoded_.data(), DecodeBase64(request.key, decoded_.data())};
  }
}

}  // namespace overtake
