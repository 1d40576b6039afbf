#include "bench/load/request_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace overtake::bench {
namespace {

absl::string_view NameOf(RequestKind kind) {
  switch (kind) {
    case RequestKind::kGet:
      return "get";
    case RequestKind::kSet:
      return "set";
    case RequestKind::kDelete:
      return "delete";
    case RequestKind::kMetaGet:
      return "mg";
    case RequestKind::kSpin:
      return "debug spin";
    case RequestKind::kSleep:
      return "debug sleep";
  }
  return "";
}

}  // namespace

RequestText::RequestText(const LoadClass& load, const KeyRing* ring, bool may_miss)
    : load_(load), ring_(ring), may_miss_(may_miss) {
  if (load.kind == RequestKind::kSet) value_.assign(ring->max_value_bytes(), 'v');
}

void RequestText::Append(const Arrival& arrival, std::string* out) const {
  absl::StrAppend(out, NameOf(load_.kind));
  if (!load_.has_keys()) {
    absl::StrAppend(out, " ", arrival.micros, "\r\n");
    return;
  }
  const size_t keys = static_cast<size_t>(load_.keys_per_request);
  absl::StrAppend(out, ring_->Keys(arrival.first_key, keys));
  if (load_.kind == RequestKind::kMetaGet) absl::StrAppend(out, " v");
  if (load_.kind == RequestKind::kSet) {
    const uint64_t bytes = ring_->ValueBytes(arrival.first_key, 1);
    absl::StrAppend(out, " 0 0 ", bytes, "\r\n", absl::string_view(value_).substr(0, bytes));
  }
  absl::StrAppend(out, "\r\n");
}

absl::Status RequestText::Check(const Arrival& arrival, const Reply& reply) const {
  bool right = false;
  switch (load_.kind) {
    case RequestKind::kGet:
    case RequestKind::kMetaGet:
      if (reply.kind == Reply::Kind::kValues) return CheckValues(arrival, reply);
      break;
    case RequestKind::kSet:
      right = reply.kind == Reply::Kind::kStored;
      break;
    case RequestKind::kDelete:
      right = reply.line == "DELETED" || reply.line == "NOT_FOUND";
      break;
    case RequestKind::kSpin:
    case RequestKind::kSleep:
      right = reply.line == "OK";
      if (reply.line == "ERROR") {
        return absl::InternalError(absl::StrCat("the server does not know ", NameOf(load_.kind),
                                                " (--enable-debug-commands?)"));
      }
      break;
  }
  if (right) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(
      NameOf(load_.kind), " was answered with: ",
      reply.kind == Reply::Kind::kValues ? absl::StrCat(reply.values, " values") : reply.line));
}

absl::Status RequestText::CheckValues(const Arrival& arrival, const Reply& reply) const {
  const size_t keys = static_cast<size_t>(load_.keys_per_request);
  const uint64_t bytes = ring_->ValueBytes(arrival.first_key, keys);
  if (reply.values == keys && reply.value_bytes == bytes) return absl::OkStatus();
  // Which keys were missed is not known, so neither is the size of the others.
  if (may_miss_ && reply.values < keys && reply.value_bytes <= bytes) return absl::OkStatus();
  return absl::InternalError(absl::StrFormat(
      "a reply of %d values and %d bytes where %d of %d bytes together were asked for",
      reply.values, reply.value_bytes, keys, bytes));
}

}  // namespace overtake::bench
