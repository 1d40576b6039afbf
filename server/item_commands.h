// Executes the classic commands on items.
#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "dispatch/handler.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "server/clock.h"
#include "server/command_stats.h"
#include "server/storage/store.h"

namespace overtake {

// get, gets, gat, gats; set, add, replace, append, prepend, cas; delete, touch, incr and decr, as
// memcached's protocol.txt has them. Any number of threads may execute at once, each with its own
// CommandStats.
class ItemCommands {
 public:
  // Both must outlive this.
  ItemCommands(const Clock* clock, Store* store) : clock_(clock), store_(store) {}

  RequestHandler::Outcome Retrieve(CommandStats* stats, const Request& request,
                                   Continuation* continuation, Reply* reply);
  // The line to reply with.
  std::string_view Put(CommandStats* stats, const Request& request);
  std::string_view Delete(CommandStats* stats, const Request& request);
  std::string_view Touch(CommandStats* stats, const Request& request);
  // Without a reply, which another request will bring.
  void RefuseTooLarge(CommandStats* stats, const Request& request);
  void AddDelta(CommandStats* stats, const Request& request, Reply* reply);

 private:
  // Calls `get` with key after key, looked up some at a time ahead of it, until it says no. True,
  // with the others left in *keys, when the reply is full before the last one. With `only_reads`,
  // `get` does nothing to the store but Get.
  bool GetMany(absl::FunctionRef<bool(std::string_view)> get, bool only_reads, const Reply& reply,
               KeyList* keys);

  const Clock* const clock_;
  Store* const store_;
};

}  // namespace overtake
