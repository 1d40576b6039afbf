#include "client/pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace overtake::client {
namespace {

constexpr size_t kMaxKeyBytes = 250;
constexpr size_t kMaxStatsArgumentBytes = 250;

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_iscntrl(c); });
}

}  // namespace

absl::Status CheckKey(absl::string_view key) {
  if (key.empty()) return absl::InvalidArgumentError("the key is empty");
  if (key.size() > kMaxKeyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key has ", key.size(), " bytes, more than ", kMaxKeyBytes));
  }
  if (HasControl(key) || key.find(' ') != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("whitespace or a control character in the key: ", absl::CHexEscape(key)));
  }
  return absl::OkStatus();
}

void Pipeline::Get(absl::string_view key) {
  Retrieve("get", ReplyKind::kItems, absl::Span<const absl::string_view>(&key, 1));
}

void Pipeline::Gets(absl::string_view key) {
  Retrieve("gets", ReplyKind::kItemsWithCas, absl::Span<const absl::string_view>(&key, 1));
}

void Pipeline::Gat(int32_t exptime, absl::string_view key) {
  Retrieve(absl::StrCat("gat ", exptime), ReplyKind::kItems,
           absl::Span<const absl::string_view>(&key, 1));
}

void Pipeline::Gats(int32_t exptime, absl::string_view key) {
  Retrieve(absl::StrCat("gats ", exptime), ReplyKind::kItemsWithCas,
           absl::Span<const absl::string_view>(&key, 1));
}

void Pipeline::MultiGet(absl::Span<const std::string> keys) {
  Retrieve("get", ReplyKind::kItems, keys);
}

void Pipeline::MultiGets(absl::Span<const std::string> keys) {
  Retrieve("gets", ReplyKind::kItemsWithCas, keys);
}

void Pipeline::MultiGat(int32_t exptime, absl::Span<const std::string> keys) {
  Retrieve(absl::StrCat("gat ", exptime), ReplyKind::kItems, keys);
}

void Pipeline::MultiGats(int32_t exptime, absl::Span<const std::string> keys) {
  Retrieve(absl::StrCat("gats ", exptime), ReplyKind::kItemsWithCas, keys);
}

void Pipeline::Set(absl::string_view key, absl::string_view value, const StoreOptions& options) {
  Store("set", key, value, "", options);
}

void Pipeline::Add(absl::string_view key, absl::string_view value, const StoreOptions& options) {
  Store("add", key, value, "", options);
}

void Pipeline::Replace(absl::string_view key, absl::string_view value,
                       const StoreOptions& options) {
  Store("replace", key, value, "", options);
}

void Pipeline::Append(absl::string_view key, absl::string_view value, const StoreOptions& options) {
  Store("append", key, value, "", options);
}

void Pipeline::Prepend(absl::string_view key, absl::string_view value,
                       const StoreOptions& options) {
  Store("prepend", key, value, "", options);
}

void Pipeline::Cas(absl::string_view key, absl::string_view value, uint64_t cas,
                   const StoreOptions& options) {
  Store("cas", key, value, absl::StrCat(" ", cas), options);
}

void Pipeline::Delete(absl::string_view key, bool noreply) {
  KeyCommand(ReplyKind::kDelete, "delete", key, "", noreply);
}

void Pipeline::Incr(absl::string_view key, uint64_t delta, bool noreply) {
  KeyCommand(ReplyKind::kCounter, "incr", key, absl::StrCat(" ", delta), noreply);
}

void Pipeline::Decr(absl::string_view key, uint64_t delta, bool noreply) {
  KeyCommand(ReplyKind::kCounter, "decr", key, absl::StrCat(" ", delta), noreply);
}

void Pipeline::Touch(absl::string_view key, int32_t exptime, bool noreply) {
  KeyCommand(ReplyKind::kTouch, "touch", key, absl::StrCat(" ", exptime), noreply);
}

void Pipeline::FlushAll(int32_t delay_seconds, bool noreply) {
  Queue(ReplyKind::kOk, noreply,
        delay_seconds == 0 ? "flush_all" : absl::StrCat("flush_all ", delay_seconds));
}

void Pipeline::Verbosity(uint32_t level, bool noreply) {
  Queue(ReplyKind::kOk, noreply, absl::StrCat("verbosity ", level));
}

void Pipeline::Version() { Queue(ReplyKind::kVersion, false, "version"); }

void Pipeline::Stats(absl::string_view arguments) {
  if (arguments.size() > kMaxStatsArgumentBytes || HasControl(arguments)) {
    Refuse(ReplyKind::kStats,
           absl::InvalidArgumentError("the arguments of stats are too long or hold controls"));
    return;
  }
  Queue(ReplyKind::kStats, false, arguments.empty() ? "stats" : absl::StrCat("stats ", arguments));
}

void Pipeline::Clear() { *this = Pipeline(); }

void Pipeline::Retrieve(absl::string_view verb, ReplyKind kind,
                        absl::Span<const std::string> keys) {
  Retrieve(verb, kind, std::vector<absl::string_view>(keys.begin(), keys.end()));
}

void Pipeline::Retrieve(absl::string_view verb, ReplyKind kind,
                        absl::Span<const absl::string_view> keys) {
  if (keys.empty()) return Refuse(kind, absl::InvalidArgumentError("no keys"));
  for (absl::string_view key : keys) {
    if (absl::Status status = CheckKey(key); !status.ok()) return Refuse(kind, std::move(status));
  }
  const std::string line = absl::StrCat(verb, " ", absl::StrJoin(keys, " "));
  Command& command = Queue(kind, false, line);
  command.keys_bytes = line.size() - verb.size() - 1;
  command.keys_begin = requests_.size() - 2 - command.keys_bytes;
}

void Pipeline::Store(absl::string_view verb, absl::string_view key, absl::string_view value,
                     absl::string_view suffix, const StoreOptions& options) {
  if (absl::Status status = CheckKey(key); !status.ok()) {
    return Refuse(ReplyKind::kStore, std::move(status));
  }
  if (value.size() > kMaxValueBytes) {
    return Refuse(ReplyKind::kStore, absl::InvalidArgumentError(
                                         absl::StrCat("the value has ", value.size(), " bytes")));
  }
  Queue(ReplyKind::kStore, options.noreply,
        absl::StrCat(verb, " ", key, " ", options.flags, " ",
                     absl::StrCat(options.exptime, " ", value.size(), suffix)),
        &value);
}

void Pipeline::KeyCommand(ReplyKind kind, absl::string_view verb, absl::string_view key,
                          absl::string_view argument, bool noreply) {
  if (absl::Status status = CheckKey(key); !status.ok()) return Refuse(kind, std::move(status));
  Queue(kind, noreply, absl::StrCat(verb, " ", key, argument));
}

void Pipeline::Refuse(ReplyKind kind, absl::Status why) {
  commands_.push_back(Command{.kind = kind, .refused = std::move(why)});
  ++size_;
}

Pipeline::Command& Pipeline::Queue(ReplyKind kind, bool noreply, absl::string_view line,
                                   const absl::string_view* value) {
  if (noreply) {
    ++noreply_run_;
  } else if (noreply_run_ > 0) {
    absl::StrAppend(&requests_, kBarrierRequest);
    commands_.push_back(Command{.kind = ReplyKind::kBarrier, .noreply_run = noreply_run_});
    noreply_run_ = 0;
  }
  absl::StrAppend(&requests_, line, noreply ? " noreply" : "", "\r\n");
  if (value != nullptr) absl::StrAppend(&requests_, *value, "\r\n");
  commands_.push_back(Command{.kind = kind, .noreply = noreply});
  ++size_;
  return commands_.back();
}

}  // namespace overtake::client
