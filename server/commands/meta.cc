// The meta commands on items (memcached's protocol.txt, "Meta Commands") but mn.
#include "protocol/key_list.h"
#include "protocol/meta_flags.h"
#include "protocol/parser.h"
#include "server/commands/arithmetic_command.h"
#include "server/commands/delete_command.h"
#include "server/commands/functions.h"
#include "server/commands/item_reply.h"
#include "server/commands/look_up_command.h"
#include "server/commands/meta_line.h"
#include "server/commands/set_command.h"
#include "server/slab_class.h"

namespace overtake {
namespace {

using Outcome = RequestHandler::Outcome;

// How the reply begins, unless it is an error.
std::string_view StatusOf(CommandResult result) {
  switch (result) {
    case CommandResult::kDone:
      return "HD";
    case CommandResult::kNotStored:
      return "NS";
    case CommandResult::kExists:
      return "EX";
    case CommandResult::kNotFound:
      return "NF";
    default:
      return "";
  }
}

// Whether the flag `a` is there, and no `b` before it.
bool Precedes(char a, char b, const Request& request) {
  KeyList flags(request.text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    if (flag[0] == a || flag[0] == b) return flag[0] == a;
  }
  return false;
}

// The times that T, N and R give. They take effect in the order of the flags: T and N move the time
// that a later t tells and a later R compares.
struct MetaTimes {
  MetaTimes(const Request& request, const Clock& clock)
      : now(clock.Now()),
        touch(clock.Expiry(request.exptime)),
        vivify(clock.Expiry(request.meta.vivify_exptime)),
        recache(clock.Expiry(request.meta.recache_exptime)) {}

  // Of an item that N makes.
  Seconds FirstExpiry(const Request& request) const {
    return request.meta.Has('T') && Precedes('N', 'T', request) ? touch : vivify;
  }
  // Answers t, when all flags before it have been passed to this. *expires is at first what the
  // item had before the command, which `created` it or not.
  void Answer(char flag, bool created, Seconds* expires, MetaLine* line) const {
    if (flag == 'T') *expires = touch;
    if (flag == 'N' && created) *expires = vivify;
    if (flag == 't') line->FlagT(*expires, now);
  }

  Seconds now, touch, vivify, recache;
};

LookUpCommand LookUpOf(const Request& request, const MetaTimes& times) {
  const MetaFlags& meta = request.meta;
  LookUpCommand command = {.is_access = !meta.Has('u'), .may_win = true};
  if (meta.Has('T')) command.expires = times.touch;
  if (meta.Has('N')) command.vivify = times.FirstExpiry(request);
  if (meta.Has('E')) command.new_cas = meta.new_cas;
  if (meta.Has('R')) {
    command.recache = times.recache;
    command.recache_sees_new = Precedes('T', 'R', request);
  }
  return command;
}

ArithmeticCommand ArithmeticOf(const Request& request, const MetaTimes& times) {
  const MetaFlags& meta = request.meta;
  ArithmeticCommand command = {
      .delta = meta.delta, .negative = meta.mode == 'D' || meta.mode == '-', .cas = request.number};
  if (meta.Has('T')) command.expires = times.touch;
  if (meta.Has('N')) {
    command.initial = meta.initial;
    command.initial_expires = times.FirstExpiry(request);
  }
  if (meta.Has('E')) command.new_cas = meta.new_cas;
  return command;
}

DeleteCommand DeleteOf(const Request& request, const Clock& clock) {
  const MetaFlags& meta = request.meta;
  DeleteCommand command = {
      .marks_stale = meta.Has('I'), .empties = meta.Has('x'), .flags = request.flags};
  if (meta.Has('C')) command.cas = request.number;
  if (meta.Has('T')) command.expires = clock.Expiry(request.exptime);
  if (meta.Has('E')) command.new_cas = meta.new_cas;
  return command;
}

}  // namespace

Outcome ExecuteMetaGet(const Call& call) {
  const Request& request = call.request;
  const MetaFlags& meta = request.meta;
  const MetaKey key(request);
  const MetaTimes times(request, *call.server->clock);
  bool no_memory = false;
  const auto show = [&](const ItemView& item, const ItemBefore& before) {
    // Who has this version already, C, does not need it again.
    const bool with_value = meta.Has('v') && !(meta.Has('C') && request.number == item.cas);
    MetaLine line(with_value ? "VA " : "HD");
    if (with_value) line.Number(item.value_bytes);
    Seconds expires = before.expires;
    line.Flags(request, key.bytes(), [&](char flag) {
      switch (flag) {
        case 's':
          return line.Flag('s', item.value_bytes);
        case 'c':
          return line.Flag('c', item.cas);
        case 'f':
          return line.Flag('f', item.flags);
        case 'l':
          return line.Flag('l', times.now - before.last_access);
        case 'h':
          return line.Flag('h', before.fetched ? 1 : 0);
        default:
          return times.Answer(flag, before.created, &expires, &line);
      }
    });
    if (before.win_given) line.Flag('Z');
    if (before.stale) line.Flag('X');
    if (before.won) line.Flag('W');
    line.EndLine();
    if (!with_value) return call.reply->Append(line.text());
    no_memory = !AppendValue(line.text(), item, call.reply);
  };
  if (LookUpItem(call.store, key.bytes(), LookUpOf(request, times), times.now, show)) {
    (meta.Has('T') ? call.stats->touch_hits : call.stats->get_hits).Add(1);
    if (no_memory) call.reply->AppendLine(kNoMemoryToReplyLine);
    return Outcome::kDone;
  }
  call.stats->get_misses.Add(1);
  if (meta.Has('q')) return Outcome::kDone;
  MetaLine line("EN");
  line.Flags(request, key.bytes());
  line.EndLine();
  call.reply->Append(line.text());
  return Outcome::kDone;
}

Outcome ExecuteMetaSet(const Call& call) {
  const Request& request = call.request;
  const MetaKey key(request);
  const SetCommand command = SetCommandOf(request, *call.server->clock, call.max_item_bytes());
  StoredItem item = {.value_bytes = request.value.size()};
  const CommandResult result =
      SetItem(call.store, key.bytes(), command, call.server->clock->Now(), &item);
  Count(command, result, call.stats);
  if (result == CommandResult::kTooLarge) return Outcome::kDone;
  if (result == CommandResult::kNoMemory) return call.Answer(kNoMemoryToStoreLine);
  if (result == CommandResult::kDone && request.meta.Has('q')) return Outcome::kDone;
  MetaLine line(StatusOf(result));
  line.Flags(request, key.bytes(), [&](char flag) {
    if (flag == 'c') line.Flag('c', item.cas);
    if (flag == 's') line.Flag('s', item.value_bytes);
  });
  line.EndLine();
  call.reply->Append(line.text());
  return Outcome::kDone;
}

Outcome ExecuteMetaDelete(const Call& call) {
  const Request& request = call.request;
  const MetaKey key(request);
  const DeleteCommand command = DeleteOf(request, *call.server->clock);
  const CommandResult result =
      DeleteItem(call.store, key.bytes(), command, call.server->clock->Now());
  Count(command, result, call.stats);
  if (result == CommandResult::kNoMemory) return call.Answer(kNoMemoryLine);
  if (result == CommandResult::kDone && request.meta.Has('q')) return Outcome::kDone;
  MetaLine line(StatusOf(result));
  line.Flags(request, key.bytes());
  line.EndLine();
  call.reply->Append(line.text());
  return Outcome::kDone;
}

Outcome ExecuteMetaArithmetic(const Call& call) {
  const Request& request = call.request;
  const MetaFlags& meta = request.meta;
  const MetaKey key(request);
  const MetaTimes times(request, *call.server->clock);
  const ArithmeticCommand command = ArithmeticOf(request, times);
  ArithmeticResult sum;
  AddToItem(call.store, key.bytes(), command, times.now, &sum);
  Count(command, sum, call.stats);
  if (sum.result == CommandResult::kNotANumber) return call.Answer(kNotANumberLine);
  if (sum.result == CommandResult::kNoMemory) {
    return call.Answer(sum.created ? "SERVER_ERROR Out of memory allocating new item"
                                   : kNoMemoryLine);
  }
  const bool hit = sum.result == CommandResult::kDone;
  if (hit && meta.Has('q')) return Outcome::kDone;
  const bool with_value = hit && meta.Has('v');
  MetaLine line(with_value ? "VA " : StatusOf(sum.result));
  if (with_value) line.Number(sum.text().size());
  Seconds expires = sum.expires_before;
  line.Flags(request, key.bytes(), [&](char flag) {
    if (!hit) return;
    if (flag == 'c') return line.Flag('c', sum.cas);
    times.Answer(flag, sum.created, &expires, &line);
  });
  line.EndLine();
  if (with_value) {
    line.Text(sum.text());
    line.EndLine();
  }
  call.reply->Append(line.text());
  return Outcome::kDone;
}

// me: looks without leaving a trace.
Outcome ExecuteMetaDebug(const Call& call) {
  const Request& request = call.request;
  call.stats->cmd_meta.Add(1);
  const MetaKey key(request);
  const Seconds now = call.server->clock->Now();
  bool found = false;
  const auto leave = [](const ItemView* /*item*/) { return Change::Leave(); };
  call.store->Update(key.bytes(), now, leave, [&](const ItemView& item) {
    found = true;
    const size_t bytes = ItemBytes(item.key.size(), item.flags, item.value_bytes);
    MetaLine line("ME ");
    line.Key(item.key, request.meta.Has('b'));
    line.Text(item.expires == 0 ? " exp=-" : " exp=");
    line.Number(item.expires == 0 ? 1 : item.expires - now);
    line.Text(" la=");
    line.Number(now - item.last_access);
    line.Text(" cas=");
    line.Number(item.cas);
    line.Text(item.fetched ? " fetch=yes" : " fetch=no");
    line.Text(" cls=");
    line.Number(SlabClassOf(bytes));
    line.Text(" size=");
    line.Number(bytes);
    line.EndLine();
    call.reply->Append(line.text());
  });
  return found ? Outcome::kDone : call.Answer("EN");
}

}  // namespace overtake
