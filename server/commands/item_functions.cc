#include "server/commands/item_functions.h"

#include "server/item_commands.h"
#include "server/meta.h"

namespace overtake {
namespace {

using Outcome = RequestHandler::Outcome;

ItemCommands Classic(const Call& call) { return {call.server->clock, call.store}; }

Outcome Meta(const Call& call,
             void (MetaCommands::*execute)(CommandStats*, const Request&, Reply*)) {
  MetaCommands commands(call.server->clock, call.store,
                        call.server->settings->store.max_item_bytes);
  (commands.*execute)(call.stats, call.request, call.reply);
  return Outcome::kDone;
}

}  // namespace

Outcome ExecuteGet(const Call& call) {
  return Classic(call).Retrieve(call.stats, call.request, call.continuation, call.reply);
}

Outcome ExecuteSet(const Call& call) {
  if (!call.request.too_large) return call.Answer(Classic(call).Put(call.stats, call.request));
  Classic(call).RefuseTooLarge(call.stats, call.request);
  return Outcome::kDone;
}

Outcome ExecuteIncr(const Call& call) {
  Classic(call).AddDelta(call.stats, call.request, call.reply);
  return Outcome::kDone;
}

Outcome ExecuteDelete(const Call& call) {
  return call.Answer(Classic(call).Delete(call.stats, call.request));
}

Outcome ExecuteTouch(const Call& call) {
  return call.Answer(Classic(call).Touch(call.stats, call.request));
}

Outcome ExecuteMetaGet(const Call& call) { return Meta(call, &MetaCommands::Get); }

Outcome ExecuteMetaSet(const Call& call) { return Meta(call, &MetaCommands::Set); }

Outcome ExecuteMetaDelete(const Call& call) { return Meta(call, &MetaCommands::Delete); }

Outcome ExecuteMetaArithmetic(const Call& call) { return Meta(call, &MetaCommands::Arithmetic); }

Outcome ExecuteMetaDebug(const Call& call) { return Meta(call, &MetaCommands::Debug); }

}  // namespace overtake
