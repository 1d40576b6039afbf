#include "server/item_commands.h"

#include <optional>

#include "absl/container/inlined_vector.h"
#include "server/item_reply.h"

namespace overtake {
namespace {

// Of a multiget, to be fetched together.
constexpr size_t kKeysAtOnce = 16;

StoreMode ModeOf(Command command) {
  switch (command) {
    case Command::kAdd:
      return StoreMode::kAdd;
    case Command::kReplace:
      return StoreMode::kReplace;
    case Command::kAppend:
      return StoreMode::kAppend;
    case Command::kPrepend:
      return StoreMode::kPrepend;
    case Command::kCas:
      return StoreMode::kCas;
    default:
      return StoreMode::kSet;
  }
}

}  // namespace

RequestHandler::Outcome ItemCommands::Retrieve(CommandStats* stats, const Request& request,
                                               Continuation* continuation, Reply* reply) {
  const bool with_cas = request.command == Command::kGets || request.command == Command::kGats;
  const bool touch = request.command == Command::kGat || request.command == Command::kGats;
  const Seconds now = clock_->Now();
  const Seconds expires = touch ? clock_->Expiry(request.exptime) : 0;
  bool no_memory = false;
  const auto append = [with_cas, reply, &no_memory](const ItemView& item) {
    no_memory = !AppendItem(item, with_cas, reply);
  };
  uint64_t hits = 0;
  uint64_t misses = 0;
  const auto get = [&](std::string_view key) {
    const bool hit =
        touch ? store_->GetAndTouch(key, expires, now, append) : store_->Get(key, now, append);
    ++(hit ? hits : misses);
    return !no_memory;
  };
  bool more = false;
  std::string_view first;
  KeyList keys = request.keys;
  keys.Skip(continuation->place);
  KeyList rest = keys;
  if (rest.Next(&first)) {
    if (rest.Empty()) {
      get(first);
    } else {
      more = GetMany(get, /*only_reads=*/!touch, *reply, &keys);
    }
  }
  (touch ? stats->touch_hits : stats->get_hits).Add(hits);
  (touch ? stats->touch_misses : stats->get_misses).Add(misses);
  if (no_memory) {
    reply->AppendLine("SERVER_ERROR out of memory writing get response");
    return RequestHandler::Outcome::kDone;
  }
  if (more) {
    continuation->place = request.keys.bytes() - keys.bytes();
    return RequestHandler::Outcome::kMore;
  }
  if (request.last_part) reply->Append("END\r\n");
  return RequestHandler::Outcome::kDone;
}

bool ItemCommands::GetMany(absl::FunctionRef<bool(std::string_view)> get, bool only_reads,
                           const Reply& reply, KeyList* keys) {
  std::optional<Store::ReadGuard> guard;
  if (only_reads) guard.emplace(store_);
  absl::InlinedVector<std::string_view, kKeysAtOnce> batch;
  while (true) {
    const KeyList before = *keys;
    batch.clear();
    std::string_view key;
    while (batch.size() < kKeysAtOnce && keys->Next(&key)) batch.push_back(key);
    if (batch.empty()) return false;
    store_->Prefetch(batch);
    for (size_t next = 0; next < batch.size(); ++next) {
      if (reply.full()) {
        *keys = before;
        for (size_t i = 0; i < next; ++i) keys->Next(&key);
        return true;
      }
      if (!get(batch[next])) return false;
    }
  }
}

std::string_view ItemCommands::Put(CommandStats* stats, const Request& request) {
  const StoreMode mode = ModeOf(request.command);
  stats->cmd_set.Add(1);
  const StoreResult result = store_->Put(mode,
                                         {.key = request.key,
                                          .value = request.value,
                                          .flags = request.flags,
                                          .expires = clock_->Expiry(request.exptime),
                                          .cas = request.number},
                                         clock_->Now());
  switch (result) {
    case StoreResult::kStored:
      if (mode == StoreMode::kCas) stats->cas_hits.Add(1);
      return "STORED";
    case StoreResult::kNotStored:
      return "NOT_STORED";
    case StoreResult::kExists:
      stats->cas_badval.Add(1);
      return "EXISTS";
    case StoreResult::kNotFound:
      stats->cas_misses.Add(1);
      return "NOT_FOUND";
    case StoreResult::kNoMemory:
      break;
  }
  stats->store_no_memory.Add(1);
  return "SERVER_ERROR out of memory storing object";
}

void ItemCommands::RefuseTooLarge(CommandStats* stats, const Request& request) {
  stats->store_too_large.Add(1);
  // A client that could not store the new value must not go on reading the old one.
  if (request.command == Command::kSet) store_->Delete(request.key, clock_->Now());
}

std::string_view ItemCommands::Delete(CommandStats* stats, const Request& request) {
  const bool deleted = store_->Delete(request.key, clock_->Now());
  (deleted ? stats->delete_hits : stats->delete_misses).Add(1);
  return deleted ? "DELETED" : "NOT_FOUND";
}

std::string_view ItemCommands::Touch(CommandStats* stats, const Request& request) {
  const bool touched = store_->Touch(request.key, clock_->Expiry(request.exptime), clock_->Now());
  (touched ? stats->touch_hits : stats->touch_misses).Add(1);
  return touched ? "TOUCHED" : "NOT_FOUND";
}

void ItemCommands::AddDelta(CommandStats* stats, const Request& request, Reply* reply) {
  const bool negative = request.command == Command::kDecr;
  uint64_t number = 0;
  const DeltaResult result =
      store_->Add(request.key, request.number, negative, clock_->Now(), &number);
  if (result == DeltaResult::kNotFound) {
    (negative ? stats->decr_misses : stats->incr_misses).Add(1);
  } else if (result == DeltaResult::kOk) {
    (negative ? stats->decr_hits : stats->incr_hits).Add(1);
  }
  if (request.noreply) return;
  switch (result) {
    case DeltaResult::kOk:
      reply->AppendNumber(number);
      reply->Append("\r\n");
      return;
    case DeltaResult::kNotFound:
      return reply->AppendLine("NOT_FOUND");
    case DeltaResult::kNotANumber:
      return reply->AppendLine("CLIENT_ERROR cannot increment or decrement non-numeric value");
    case DeltaResult::kNoMemory:
      return reply->AppendLine("SERVER_ERROR out of memory");
  }
}

}  // namespace overtake
