#include "server/service.h"

#include <unistd.h>

#include <csignal>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "protocol/number.h"
#include "server/item_reply.h"
#include "server/stats.h"
#include "version.h"

namespace overtake {
namespace {

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

Service::Service(const Settings* settings, Clock* clock, Store* store)
    : settings_(settings),
      clock_(clock),
      store_(store),
      meta_(clock, store, settings->store.max_item_bytes),
      verbosity_(settings->verbosity) {
  for (int i = 0; i < ExecutorCount(settings->dispatch); ++i) {
    stats_.push_back(std::make_unique<CommandStats>());
  }
}

Weight Service::WeightOf(const Request& request) const {
  // Half of a key list is spaces at worst; ordinary keys make this some hundred keys.
  constexpr size_t kHeavyKeyBytes = 2048;
  constexpr size_t kHeavyValueBytes = 64 * 1024;
  switch (request.command) {
    case Command::kVersion:
    case Command::kMetaNoop:
    case Command::kQuit:
    case Command::kInvalid:
    case Command::kAuthenticate:
      return Weight::kTrivial;
    case Command::kGet:
    case Command::kGets:
    case Command::kGat:
    case Command::kGats:
      return request.keys.bytes() > kHeavyKeyBytes ? Weight::kHeavy : Weight::kLight;
    case Command::kStats:
    case Command::kFlushAll:
    case Command::kRefreshCerts:
      return Weight::kHeavy;
    default:
      return request.value.size() > kHeavyValueBytes ? Weight::kHeavy : Weight::kLight;
  }
}

RequestHandler::Outcome Service::Execute(ExecutorId executor, Request* request, Reply* reply) {
  CommandStats* const stats = stats_[static_cast<size_t>(executor.value)].get();
  std::string_view line;
  switch (request->command) {
    case Command::kGet:
    case Command::kGets:
    case Command::kGat:
    case Command::kGats:
      return Retrieve(stats, request, reply);
    case Command::kSet:
    case Command::kAdd:
    case Command::kReplace:
    case Command::kAppend:
    case Command::kPrepend:
    case Command::kCas:
      if (request->too_large) {
        RefuseTooLarge(stats, *request);
        return Outcome::kDone;
      }
      line = Put(stats, *request);
      break;
    case Command::kDelete: {
      const bool deleted = store_->Delete(request->key, clock_->Now());
      (deleted ? stats->delete_hits : stats->delete_misses).Add(1);
      line = deleted ? "DELETED" : "NOT_FOUND";
      break;
    }
    case Command::kTouch: {
      const bool touched =
          store_->Touch(request->key, clock_->Expiry(request->exptime), clock_->Now());
      (touched ? stats->touch_hits : stats->touch_misses).Add(1);
      line = touched ? "TOUCHED" : "NOT_FOUND";
      break;
    }
    case Command::kIncr:
    case Command::kDecr:
      AddDelta(stats, *request, reply);
      return Outcome::kDone;
    case Command::kFlushAll:
      line = FlushAll(stats, *request);
      break;
    case Command::kVersion:
      reply->AppendLine(absl::StrCat("VERSION ", kProtocolVersion));
      return Outcome::kDone;
    case Command::kVerbosity:
      verbosity_.store(static_cast<int>(std::min<uint64_t>(request->number, 3)),
                       std::memory_order_relaxed);
      line = "OK";
      break;
    case Command::kStats:
      WriteStats(*request, reply);
      return Outcome::kDone;
    case Command::kShutdown:
      if (EndServer(*request, &line)) return Outcome::kClose;
      break;
    case Command::kMetaGet:
    case Command::kMetaSet:
    case Command::kMetaDelete:
    case Command::kMetaArithmetic:
    case Command::kMetaDebug:
      meta_.Execute(stats, *request, reply);
      return Outcome::kDone;
    case Command::kMetaNoop:
      line = "MN";
      break;
    case Command::kDebugTime:
      line = DebugTime(*request);
      break;
    case Command::kAuthenticate:
      stats->auth_cmds.Add(1);
      if (request->number == 0) stats->auth_errors.Add(1);
      line = request->text;
      break;
    case Command::kRefreshCerts:
      RefreshCertificates(*request, reply);
      return Outcome::kDone;
    case Command::kInvalid:
      line = request->text;
      break;
    case Command::kQuit:
      return Outcome::kClose;
  }
  if (!request->noreply) reply->AppendLine(line);
  return Outcome::kDone;
}

RequestHandler::Outcome Service::Retrieve(CommandStats* stats, Request* request, Reply* reply) {
  const bool with_cas = request->command == Command::kGets || request->command == Command::kGats;
  const bool touch = request->command == Command::kGat || request->command == Command::kGats;
  const Seconds now = clock_->Now();
  const Seconds expires = touch ? clock_->Expiry(request->exptime) : 0;
  bool no_memory = false;
  const auto append = [with_cas, reply, &no_memory](const ItemView& item) {
    no_memory = !AppendItem(item, with_cas, reply);
  };
  uint64_t hits = 0;
  uint64_t misses = 0;
  std::string_view key;
  bool more = false;
  std::optional<Store::ReadGuard> guard;
  if (!touch) guard.emplace(store_);
  while (!(more = reply->full()) && !no_memory && request->keys.Next(&key)) {
    const bool hit =
        touch ? store_->GetAndTouch(key, expires, now, append) : store_->Get(key, now, append);
    ++(hit ? hits : misses);
  }
  guard.reset();
  (touch ? stats->touch_hits : stats->get_hits).Add(hits);
  (touch ? stats->touch_misses : stats->get_misses).Add(misses);
  if (no_memory) {
    reply->AppendLine("SERVER_ERROR out of memory writing get response");
    return Outcome::kDone;
  }
  if (more) return Outcome::kMore;
  if (request->last_part) reply->Append("END\r\n");
  return Outcome::kDone;
}

std::string_view Service::Put(CommandStats* stats, const Request& request) {
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

void Service::RefuseTooLarge(CommandStats* stats, const Request& request) {
  stats->store_too_large.Add(1);
  // A client that could not store the new value must not go on reading the old one.
  if (request.command == Command::kSet) store_->Delete(request.key, clock_->Now());
}

void Service::AddDelta(CommandStats* stats, const Request& request, Reply* reply) {
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

std::string_view Service::FlushAll(CommandStats* stats, const Request& request) {
  if (!settings_->flush_allowed) return "CLIENT_ERROR flush_all not allowed";
  stats->cmd_flush.Add(1);
  store_->FlushAll(request.exptime > 0 ? clock_->Expiry(request.exptime) : 0, clock_->Now());
  return "OK";
}

// memcached's words, and its signals: what the server then does is what they do.
bool Service::EndServer(const Request& request, std::string_view* error) const {
  if (!settings_->shutdown_allowed) {
    *error = "ERROR: shutdown not enabled";
    return false;
  }
  if (request.text != "" && request.text != "graceful") {
    *error = "CLIENT_ERROR invalid shutdown mode";
    return false;
  }
  kill(getpid(), request.text == "graceful" ? SIGUSR1 : SIGINT);
  return true;
}

// As in memcached, an error comes even with noreply.
void Service::RefreshCertificates(const Request& request, Reply* reply) const {
  TlsContext* const tls = settings_->dispatch.tls;
  if (tls == nullptr) return reply->AppendLine("Error TLS not enabled");
  const absl::Status status = tls->Refresh();
  if (!status.ok()) return reply->AppendLine({status.message().data(), status.message().size()});
  if (!request.noreply) reply->AppendLine("OK");
}

void Service::WriteStats(const Request& request, Reply* reply) {
  const StatsSource source = {
      .settings = settings_,
      .clock = clock_,
      .store = store_,
      .architecture = architecture_.load(std::memory_order_acquire),
      .commands = &stats_,
      .verbosity = verbosity_.load(std::memory_order_relaxed),
  };
  AppendStats(source, request.text, &baseline_, reply);
}

// "debugtime <seconds>" moves the clock, "debugtime p" pauses it, "debugtime r" lets it run again.
std::string_view Service::DebugTime(const Request& request) {
  KeyList words(request.text);
  std::string_view word;
  if (!settings_->debug_commands || !words.Next(&word)) return "ERROR";
  int64_t seconds = 0;
  if (word == "p" || word == "r") {
    clock_->Pause(word == "p");
  } else if (ParseInt64(word, &seconds)) {
    clock_->Shift(seconds);
  } else {
    return "ERROR";
  }
  return "OK";
}

}  // namespace overtake
