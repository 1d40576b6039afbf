// md.
#include "protocol/meta_flags.h"
#include "server/meta.h"
#include "server/meta_line.h"

namespace overtake {
namespace {

// The item without its value; I may be combined with it.
Change Empty(const Request& request, const ItemView& item, Seconds expires) {
  Change change = Change::Store("", request.flags, expires);
  if (!request.meta.Has('I')) change.cas = item.cas;
  return change;
}

// The item with a new CAS unique.
Change Again(const Request& request, const ItemView& item, Seconds expires) {
  Change change = Change::Store("", item.flags, item.expires);
  change.value.assign(item.pieces.begin(), item.pieces.end());
  change.fetched = item.fetched;
  if (request.meta.Has('T')) change.expires = expires;
  return change;
}

}  // namespace

void MetaCommands::Delete(CommandStats* stats, const Request& request, Reply* reply) {
  const MetaFlags& meta = request.meta;
  const MetaKey key(request);
  const Seconds expires = clock_->Expiry(request.exptime);
  std::string_view status;
  const bool done = store_->Update(key.bytes(), clock_->Now(), [&](const ItemView* item) {
    status = "NF";
    if (item == nullptr) return Change::Leave();
    status = "EX";
    if (meta.Has('C') && request.number != item->cas) return Change::Leave();
    status = "HD";
    if (!meta.Has('x') && !meta.Has('I')) return Change::Delete();
    Change change = meta.Has('x') ? Empty(request, *item, expires) : Again(request, *item, expires);
    // The next one to ask wins, whoever won before.
    change.stale = meta.Has('I');
    if (meta.Has('E')) change.cas = meta.new_cas;
    return change;
  });
  if (!done) return reply->AppendLine("SERVER_ERROR out of memory");
  if (status != "HD") {
    stats->delete_misses.Add(1);
  } else if (!meta.Has('I')) {
    stats->delete_hits.Add(1);
  }
  if (status == "HD" && meta.Has('q')) return;
  MetaLine line(status);
  line.Echo(request, key.bytes());
  line.EndLine();
  reply->Append(line.text());
}

}  // namespace overtake
