#include "server/meta.h"

#include "protocol/meta_flags.h"
#include "protocol/parser.h"
#include "server/meta_line.h"
#include "server/slab_class.h"

namespace overtake {

// me: looks without leaving a trace.
void MetaCommands::Debug(CommandStats* stats, const Request& request, Reply* reply) {
  stats->cmd_meta.Add(1);
  const MetaKey key(request);
  const Seconds now = clock_->Now();
  bool found = false;
  const auto leave = [](const ItemView* /*item*/) { return Change::Leave(); };
  store_->Update(key.bytes(), now, leave, [&](const ItemView& item) {
    found = true;
    const size_t bytes = ItemBytes(item.key.size(), item.flags, item.value_bytes);
    MetaLine line("ME ");
    line.Key(item.key, request.meta.Has('b'));
    line.Text(" exp=-");
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
    reply->Append(line.text());
  });
  if (!found) reply->AppendLine("EN");
}

}  // namespace overtake
