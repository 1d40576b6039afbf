#include "server/watch/watched_store.h"

#include "server/commands/command_table.h"
#include "server/commands/set_command.h"
#include "server/watch/item_lines.h"

namespace overtake {
namespace {

bool IsOf(CommandClass group, const Request& request) {
  return RowOf(request.command).group == group;
}

// As memcached names what a storage command does; ma adds the item that it makes, md sets the one
// that loses its value.
std::string_view CommandName(const Request& request) {
  if (request.command == Command::kMetaArithmetic) return RowOf(Command::kAdd).name;
  if (request.command == Command::kMetaDelete) return RowOf(Command::kSet).name;
  return RowOf(ModeOf(request)).name;
}

std::string_view StatusOf(Found found) {
  switch (found) {
    case Found::kHit:
      return "found";
    case Found::kExpired:
      return "expired";
    case Found::kFlushed:
      return "flushed";
    case Found::kAbsent:
      break;
  }
  return "not_found";
}

}  // namespace

void WatchedStore::Begin(const Request* request, int connection) {
  request_ = request;
  connection_ = connection;
  if (log_->Wants(kPrefixes)) {
    if (IsOf(CommandClass::kStorage, *request)) {
      prefixes_->Count(request->key, PrefixStats::Event::kSet);
    } else if (request->command == Command::kDelete) {
      prefixes_->Count(request->key, PrefixStats::Event::kDelete);
    }
  }
  if (request->too_large && log_->Wants(kMutations)) {
    log_->Write(kMutations, StoreLine({.key = request->key}, "too_large", CommandName(*request), 0,
                                      connection));
  }
}

Found WatchedStore::Get(std::string_view key, Seconds now, Visitor visit) {
  uint32_t flags = 0;
  size_t value_bytes = 0;
  const Found found = store_->Get(key, now, [&](const ItemView& item) {
    flags = item.flags;
    value_bytes = item.value_bytes;
    visit(item);
  });
  TellFetch(key, found, flags, value_bytes);
  return found;
}

Store::Updated WatchedStore::Update(std::string_view key, Seconds now, Changer change,
                                    Visitor after) {
  Seen seen;
  const auto look_on = [&](const ItemView* item) {
    Change what = change(item);
    seen = Seen{.kind = what.kind, .new_flags = what.flags};
    if (item != nullptr) {
      seen.flags = item->flags;
      seen.value_bytes = item->value_bytes;
    }
    for (const std::string_view piece : what.value) seen.new_value_bytes += piece.size();
    seen.expires = what.expires;
    return what;
  };
  const Updated updated = store_->Update(key, now, look_on, after);
  TellFetch(key, updated.found, seen.flags, seen.value_bytes);
  TellStore(key, now, updated, seen);
  return updated;
}

void WatchedStore::TellFetch(std::string_view key, Found found, uint32_t flags,
                             size_t value_bytes) {
  const bool hit = found == Found::kHit;
  if (IsOf(CommandClass::kRetrieval, *request_) && log_->Wants(kPrefixes)) {
    prefixes_->Count(key, hit ? PrefixStats::Event::kHit : PrefixStats::Event::kMiss);
  }
  if (!log_->Wants(kFetchers)) return;
  const ItemFacts facts = hit ? FactsOf(key, flags, value_bytes) : ItemFacts{.key = key};
  log_->Write(kFetchers, FetchLine(facts, StatusOf(found), connection_));
}

void WatchedStore::TellStore(std::string_view key, Seconds now, Updated updated, const Seen& seen) {
  const bool found = updated.found == Found::kHit;
  if (seen.kind == Change::Kind::kDelete) {
    const bool asked_for =
        request_->command == Command::kDelete || request_->command == Command::kMetaDelete;
    if (!found || !asked_for || !log_->Wants(kDeletions)) return;
    log_->Write(kDeletions, DeletionLine(FactsOf(key, seen.flags, seen.value_bytes),
                                         request_->command == Command::kDelete ? "delete" : "md"));
    return;
  }
  const bool stored = updated.done && seen.kind == Change::Kind::kStore;
  const bool makes_number = request_->command == Command::kMetaArithmetic && !found && stored;
  const bool empties =
      request_->command == Command::kMetaDelete && request_->meta.Has('x') && stored;
  const ItemFacts facts = stored ? FactsOf(key, seen.new_flags, seen.new_value_bytes)
                                 : FactsOf(key, request_->flags, request_->value.size());
  const bool stores =
      IsOf(CommandClass::kStorage, *request_) || request_->command == Command::kMetaSet;
  if ((stores || makes_number || empties) && log_->Wants(kMutations)) {
    const std::string_view command = CommandName(*request_);
    std::string_view status = "stored";
    if (!updated.done) {
      status = "no_memory";
    } else if (!stored) {
      status = command != "cas" ? "not_stored" : found ? "exists" : "not_found";
    }
    const Seconds expires = stored ? seen.expires : clock_->Expiry(request_->exptime);
    log_->Write(kMutations,
                StoreLine(facts, status, command, expires == 0 ? 0 : expires - now, connection_));
  }
  if (empties && !request_->meta.Has('I') && log_->Wants(kDeletions)) {
    log_->Write(kDeletions, DeletionLine(facts, "md"));
  }
}

}  // namespace overtake
