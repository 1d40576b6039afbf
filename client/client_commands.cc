// The methods of Client that are one command each: a pipeline of one.

#include <iterator>
#include <utility>

#include "client/client.h"

namespace overtake::client {
namespace {

// memcached gives up on a line of 2,048 bytes unless it begins with "get " or "gets ".
constexpr size_t kMaxGatKeyBytes = 1900;

}  // namespace

absl::StatusOr<std::optional<Item>> Client::Get(absl::string_view key) {
  Pipeline pipeline;
  pipeline.Get(key);
  return ExecuteOne(pipeline).AsItem();
}

absl::StatusOr<std::optional<Item>> Client::Gets(absl::string_view key) {
  Pipeline pipeline;
  pipeline.Gets(key);
  return ExecuteOne(pipeline).AsItem();
}

absl::StatusOr<std::optional<Item>> Client::Gat(int32_t exptime, absl::string_view key) {
  Pipeline pipeline;
  pipeline.Gat(exptime, key);
  return ExecuteOne(pipeline).AsItem();
}

absl::StatusOr<std::optional<Item>> Client::Gats(int32_t exptime, absl::string_view key) {
  Pipeline pipeline;
  pipeline.Gats(exptime, key);
  return ExecuteOne(pipeline).AsItem();
}

absl::StatusOr<std::vector<Item>> Client::MultiGet(absl::Span<const std::string> keys) {
  if (keys.empty()) return std::vector<Item>();
  Pipeline pipeline;
  pipeline.MultiGet(keys);
  return ExecuteOne(pipeline).AsItems();
}

absl::StatusOr<std::vector<Item>> Client::MultiGets(absl::Span<const std::string> keys) {
  if (keys.empty()) return std::vector<Item>();
  Pipeline pipeline;
  pipeline.MultiGets(keys);
  return ExecuteOne(pipeline).AsItems();
}

absl::StatusOr<std::vector<Item>> Client::MultiGat(int32_t exptime,
                                                   absl::Span<const std::string> keys) {
  return GatInParts(exptime, false, keys);
}

absl::StatusOr<std::vector<Item>> Client::MultiGats(int32_t exptime,
                                                    absl::Span<const std::string> keys) {
  return GatInParts(exptime, true, keys);
}

absl::StatusOr<std::vector<Item>> Client::GatInParts(int32_t exptime, bool with_cas,
                                                     absl::Span<const std::string> keys) {
  for (const std::string& key : keys) {  // Before any part is sent.
    if (absl::Status status = CheckKey(key); !status.ok()) return status;
  }
  Pipeline pipeline;
  while (!keys.empty()) {
    size_t count = 1;
    size_t bytes = keys[0].size() + 1;
    while (count < keys.size() && (bytes += keys[count].size() + 1) <= kMaxGatKeyBytes) ++count;
    if (with_cas) {
      pipeline.MultiGats(exptime, keys.subspan(0, count));
    } else {
      pipeline.MultiGat(exptime, keys.subspan(0, count));
    }
    keys.remove_prefix(count);
  }
  std::vector<Item> items;
  for (Reply& reply : Execute(pipeline)) {
    absl::StatusOr<std::vector<Item>> part = std::move(reply).AsItems();
    if (!part.ok()) return part;
    std::move(part->begin(), part->end(), std::back_inserter(items));
  }
  return items;
}

absl::StatusOr<StoreResult> Client::Set(absl::string_view key, absl::string_view value,
                                        const StoreOptions& options) {
  Pipeline pipeline;
  pipeline.Set(key, value, options);
  return ExecuteOne(pipeline).AsStore();
}

absl::StatusOr<StoreResult> Client::Add(absl::string_view key, absl::string_view value,
                                        const StoreOptions& options) {
  Pipeline pipeline;
  pipeline.Add(key, value, options);
  return ExecuteOne(pipeline).AsStore();
}

absl::StatusOr<StoreResult> Client::Replace(absl::string_view key, absl::string_view value,
                                            const StoreOptions& options) {
  Pipeline pipeline;
  pipeline.Replace(key, value, options);
  return ExecuteOne(pipeline).AsStore();
}

absl::StatusOr<StoreResult> Client::Append(absl::string_view key, absl::string_view value,
                                           const StoreOptions& options) {
  Pipeline pipeline;
  pipeline.Append(key, value, options);
  return ExecuteOne(pipeline).AsStore();
}

absl::StatusOr<StoreResult> Client::Prepend(absl::string_view key, absl::string_view value,
                                            const StoreOptions& options) {
  Pipeline pipeline;
  pipeline.Prepend(key, value, options);
  return ExecuteOne(pipeline).AsStore();
}

absl::StatusOr<StoreResult> Client::Cas(absl::string_view key, absl::string_view value,
                                        uint64_t cas, const StoreOptions& options) {
  Pipeline pipeline;
  pipeline.Cas(key, value, cas, options);
  return ExecuteOne(pipeline).AsStore();
}

absl::StatusOr<KeyResult> Client::Delete(absl::string_view key, bool noreply) {
  Pipeline pipeline;
  pipeline.Delete(key, noreply);
  return ExecuteOne(pipeline).AsKey();
}

absl::StatusOr<KeyResult> Client::Touch(absl::string_view key, int32_t exptime, bool noreply) {
  Pipeline pipeline;
  pipeline.Touch(key, exptime, noreply);
  return ExecuteOne(pipeline).AsKey();
}

absl::StatusOr<std::optional<uint64_t>> Client::Incr(absl::string_view key, uint64_t delta,
                                                     bool noreply) {
  Pipeline pipeline;
  pipeline.Incr(key, delta, noreply);
  return ExecuteOne(pipeline).AsCounter();
}

absl::StatusOr<std::optional<uint64_t>> Client::Decr(absl::string_view key, uint64_t delta,
                                                     bool noreply) {
  Pipeline pipeline;
  pipeline.Decr(key, delta, noreply);
  return ExecuteOne(pipeline).AsCounter();
}

absl::Status Client::FlushAll(int32_t delay_seconds, bool noreply) {
  Pipeline pipeline;
  pipeline.FlushAll(delay_seconds, noreply);
  return ExecuteOne(pipeline).AsOk();
}

absl::Status Client::Verbosity(uint32_t level, bool noreply) {
  Pipeline pipeline;
  pipeline.Verbosity(level, noreply);
  return ExecuteOne(pipeline).AsOk();
}

absl::StatusOr<std::string> Client::Version() {
  Pipeline pipeline;
  pipeline.Version();
  return ExecuteOne(pipeline).AsVersion();
}

absl::StatusOr<Stats> Client::Stats(absl::string_view arguments) {
  Pipeline pipeline;
  pipeline.Stats(arguments);
  return ExecuteOne(pipeline).AsStats();
}

}  // namespace overtake::client
