// The classic commands on items.
#include <optional>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "server/commands/arithmetic_command.h"
#include "server/commands/delete_command.h"
#include "server/commands/functions.h"
#include "server/commands/item_reply.h"
#include "server/commands/look_up_command.h"
#include "server/commands/set_command.h"

namespace overtake {
namespace {

using Outcome = RequestHandler::Outcome;

// Of a multiget, to be fetched together.
constexpr size_t kKeysAtOnce = 16;

// Calls `get` with key after key, looked up some at a time ahead of it, until it says no. True,
// with the others left in *keys, when the reply is full before the last one. With `only_reads`,
// `get` does nothing to the store but Get.
bool GetMany(absl::FunctionRef<bool(std::string_view)> get, bool only_reads, const Call& call,
             KeyList* keys) {
  std::optional<Store::ReadGuard> guard;
  if (only_reads) guard.emplace(call.store);
  absl::InlinedVector<std::string_view, kKeysAtOnce> batch;
  while (true) {
    const KeyList before = *keys;
    batch.clear();
    std::string_view key;
    while (batch.size() < kKeysAtOnce && keys->Next(&key)) batch.push_back(key);
    if (batch.empty()) return false;
    call.store->Prefetch(batch);
    for (size_t next = 0; next < batch.size(); ++next) {
      if (call.reply->full()) {
        *keys = before;
        for (size_t i = 0; i < next; ++i) keys->Next(&key);
        return true;
      }
      if (!get(batch[next])) return false;
    }
  }
}

// Out of a get's way.
bool GetAndTouch(const Call& call, std::string_view key, Seconds expires, Seconds now,
                 Store::Visitor visit) {
  return LookUpItem(call.store, key, {.expires = expires}, now,
                    [visit](const ItemView& item, const ItemBefore&) { visit(item); });
}

}  // namespace

Outcome ExecuteGet(const Call& call) {
  const Request& request = call.request;
  const Clock& clock = *call.server->clock;
  const bool with_cas = request.command == Command::kGets || request.command == Command::kGats;
  const bool touch = request.command == Command::kGat || request.command == Command::kGats;
  const Seconds now = clock.Now();
  const Seconds expires = touch ? clock.Expiry(request.exptime) : 0;
  bool no_memory = false;
  const auto append = [with_cas, &call, &no_memory](const ItemView& item) {
    no_memory = !AppendItem(item, with_cas, call.reply);
  };
  uint64_t hits = 0;
  uint64_t misses = 0;
  const auto get = [&](std::string_view key) {
    const bool hit = touch ? GetAndTouch(call, key, expires, now, append)
                           : call.store->Get(key, now, append) == Found::kHit;
    ++(hit ? hits : misses);
    return !no_memory;
  };
  bool more = false;
  std::string_view first;
  KeyList rest = request.keys;
  rest.Skip(call.continuation->place);
  if (rest.Next(&first)) {
    if (rest.Empty()) {
      get(first);
    } else {
      KeyList keys = request.keys;
      keys.Skip(call.continuation->place);
      more = GetMany(get, /*only_reads=*/!touch, call, &keys);
      call.continuation->place = request.keys.bytes() - keys.bytes();
    }
  }
  (touch ? call.stats->touch_hits : call.stats->get_hits).Add(hits);
  (touch ? call.stats->touch_misses : call.stats->get_misses).Add(misses);
  if (no_memory) {
    call.reply->AppendLine(kNoMemoryToReplyLine);
    return Outcome::kDone;
  }
  if (more) return Outcome::kMore;
  if (request.last_part) call.reply->Append("END\r\n");
  return Outcome::kDone;
}

Outcome ExecuteSet(const Call& call) {
  const Clock& clock = *call.server->clock;
  const SetCommand command = SetCommandOf(call.request, clock, call.max_item_bytes());
  const CommandResult result = SetItem(call.store, call.request.key, command, clock.Now());
  Count(command, result, call.stats);
  switch (result) {
    case CommandResult::kDone:
      return call.Answer("STORED");
    case CommandResult::kNotStored:
      return call.Answer("NOT_STORED");
    case CommandResult::kExists:
      return call.Answer("EXISTS");
    case CommandResult::kNotFound:
      return call.Answer("NOT_FOUND");
    case CommandResult::kNoMemory:
      return call.Answer(kNoMemoryToStoreLine);
    default:
      // A value that is too large has no reply here: the parser's error follows it.
      return Outcome::kDone;
  }
}

Outcome ExecuteDelete(const Call& call) {
  const DeleteCommand command;
  const CommandResult result =
      DeleteItem(call.store, call.request.key, command, call.server->clock->Now());
  Count(command, result, call.stats);
  return call.Answer(result == CommandResult::kDone ? "DELETED" : "NOT_FOUND");
}

Outcome ExecuteTouch(const Call& call) {
  const Clock& clock = *call.server->clock;
  const bool touched = GetAndTouch(call, call.request.key, clock.Expiry(call.request.exptime),
                                   clock.Now(), [](const ItemView&) {});
  (touched ? call.stats->touch_hits : call.stats->touch_misses).Add(1);
  return call.Answer(touched ? "TOUCHED" : "NOT_FOUND");
}

Outcome ExecuteIncr(const Call& call) {
  const ArithmeticCommand command = {.delta = call.request.number,
                                     .negative = call.request.command == Command::kDecr};
  ArithmeticResult sum;
  AddToItem(call.store, call.request.key, command, call.server->clock->Now(), &sum);
  Count(command, sum, call.stats);
  switch (sum.result) {
    case CommandResult::kDone:
      return call.Answer(sum.text());
    case CommandResult::kNotFound:
      return call.Answer("NOT_FOUND");
    case CommandResult::kNotANumber:
      return call.Answer(kNotANumberLine);
    default:
      return call.Answer(kNoMemoryLine);
  }
}

}  // namespace overtake
