#include "client/reply.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace overtake::client {
namespace {

bool IsWordOrPrefix(absl::string_view line, absl::string_view word) {
  return absl::ConsumePrefix(&line, word) && (line.empty() || line[0] == ' ');
}

// The caller asked for the wrong As...().
absl::Status WrongKind(absl::string_view line) {
  return absl::FailedPreconditionError(
      absl::StrCat("the command's reply is of another kind: ", absl::CHexEscape(line)));
}

}  // namespace

bool IsErrorLine(absl::string_view line) {
  return IsWordOrPrefix(line, "ERROR") || IsWordOrPrefix(line, "CLIENT_ERROR") ||
         IsWordOrPrefix(line, "SERVER_ERROR");
}

absl::Status ErrorLineToStatus(absl::string_view line) {
  const std::string text = absl::CHexEscape(line);
  if (absl::StartsWith(line, "CLIENT_ERROR")) return absl::InvalidArgumentError(text);
  if (absl::StartsWith(line, "ERROR")) return absl::UnimplementedError(text);
  if (absl::StrContains(line, "memory") || absl::StrContains(line, "too large")) {
    return absl::ResourceExhaustedError(text);
  }
  return absl::InternalError(text);
}

absl::StatusOr<StoreResult> Reply::AsStore() const {
  if (!status.ok()) return status;
  if (no_reply) return StoreResult::kNoReply;
  if (line == "STORED") return StoreResult::kStored;
  if (line == "NOT_STORED") return StoreResult::kNotStored;
  if (line == "EXISTS") return StoreResult::kExists;
  if (line == "NOT_FOUND") return StoreResult::kNotFound;
  return WrongKind(line);
}

absl::StatusOr<KeyResult> Reply::AsKey() const {
  if (!status.ok()) return status;
  if (no_reply) return KeyResult::kNoReply;
  if (line == "DELETED" || line == "TOUCHED") return KeyResult::kDone;
  if (line == "NOT_FOUND") return KeyResult::kNotFound;
  return WrongKind(line);
}

absl::StatusOr<std::optional<uint64_t>> Reply::AsCounter() const {
  if (!status.ok()) return status;
  if (no_reply || line == "NOT_FOUND") return std::nullopt;
  uint64_t number;
  if (!absl::SimpleAtoi(line, &number)) return WrongKind(line);
  return number;
}

absl::StatusOr<std::string> Reply::AsVersion() const {
  if (!status.ok()) return status;
  absl::string_view version = line;
  if (!absl::ConsumePrefix(&version, "VERSION ")) return WrongKind(line);
  return std::string(version);
}

absl::StatusOr<std::vector<Item>> Reply::AsItems() && {
  if (!status.ok()) return status;
  return std::move(items);
}

absl::StatusOr<std::optional<Item>> Reply::AsItem() && {
  if (!status.ok()) return status;
  if (items.empty()) return std::nullopt;
  return std::move(items.front());
}

absl::StatusOr<Stats> Reply::AsStats() && {
  if (!status.ok()) return status;
  return std::move(stats);
}

}  // namespace overtake::client
