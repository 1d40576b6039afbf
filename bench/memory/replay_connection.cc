#include "bench/memory/replay_connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "bench/memory/value.h"

namespace overtake::bench {
namespace {

// Of a multiget. Servers may refuse lines of more than 2,048 bytes.
constexpr size_t kMaxGetLine = 2000;
constexpr size_t kMaxGetKeys = 64;

}  // namespace

ReplayCounts& ReplayCounts::operator+=(const ReplayCounts& other) {
  requests += other.requests;
  gets += other.gets;
  hits += other.hits;
  sets += other.sets;
  refused += other.refused;
  deletes += other.deletes;
  return *this;
}

absl::StatusOr<std::unique_ptr<ReplayConnection>> ReplayConnection::Connect(
    const Endpoint& endpoint, double timeout_s) {
  client::ClientOptions options;
  options.connect_timeout = absl::Seconds(timeout_s);
  options.io_timeout = absl::Seconds(timeout_s);
  auto client = client::Client::Connect(endpoint.host, endpoint.port, options);
  if (!client.ok()) return client.status();
  return std::unique_ptr<ReplayConnection>(new ReplayConnection(*std::move(client)));
}

absl::Status ReplayConnection::Exchange(absl::Span<const TraceRequest> batch) {
  Plan(batch);
  BuildPipeline();
  if (absl::Status status = TakeReplies(client_->Execute(pipeline_)); !status.ok()) return status;
  SettleMisses();
  repeats_.swap(next_repeats_);
  return absl::OkStatus();
}

// Fills, repeats, writes of the batch, gets of the batch. A get of a key that the batch has written
// may follow the write in the same exchange, so gets can come last and be asked for many at a time.
void ReplayConnection::Plan(absl::Span<const TraceRequest> batch) {
  plan_.clear();
  next_repeats_.clear();
  for (const TraceRequest& request : fills_) plan_.push_back(&request);
  counted_from_ = plan_.size();
  for (const TraceRequest& request : repeats_) plan_.push_back(&request);
  absl::flat_hash_set<absl::string_view> asked;
  std::vector<const TraceRequest*> gets;
  for (const TraceRequest& request : batch) {
    if (asked.contains(request.key)) {
      next_repeats_.push_back(request);
    } else if (request.op == TraceRequest::Op::kGet) {
      asked.insert(request.key);
      gets.push_back(&request);
    } else {
      plan_.push_back(&request);
    }
  }
  plan_.insert(plan_.end(), gets.begin(), gets.end());
}

void ReplayConnection::BuildPipeline() {
  pipeline_.Clear();
  group_sizes_.clear();
  std::string value;
  std::vector<std::string> keys;
  for (size_t i = 0; i < plan_.size();) {
    const TraceRequest& request = *plan_[i];
    size_t group = 1;
    if (request.op == TraceRequest::Op::kSet) {
      value.clear();
      AppendValue(request.key, request.value_bytes, &value);
      pipeline_.Set(request.key, value, {.exptime = static_cast<int32_t>(request.ttl_s)});
    } else if (request.op == TraceRequest::Op::kDelete) {
      pipeline_.Delete(request.key);
    } else {
      keys.clear();
      size_t line = 0;
      for (group = 0; i + group < plan_.size() && group < kMaxGetKeys; ++group) {
        const TraceRequest& next = *plan_[i + group];
        line += next.key.size() + 1;
        if (next.op != TraceRequest::Op::kGet || line > kMaxGetLine) break;
        keys.push_back(next.key);
      }
      pipeline_.MultiGet(keys);
    }
    group_sizes_.push_back(group);
    i += group;
  }
}

absl::Status ReplayConnection::TakeReplies(std::vector<client::Reply> replies) {
  hit_.assign(plan_.size(), false);
  size_t at = 0;
  for (size_t i = 0; i < replies.size(); ++i) {
    const TraceRequest& first = *plan_[at];
    absl::Status status;
    if (first.op == TraceRequest::Op::kSet) {
      status = TakeStore(replies[i]);
    } else if (first.op == TraceRequest::Op::kDelete) {
      status = replies[i].AsKey().status();
      if (status.ok()) ++counts_.deletes;
    } else {
      status = replies[i].status;
      if (status.ok()) status = TakeItems(at, at + group_sizes_[i], replies[i].items);
    }
    if (!status.ok()) return status;
    if (at >= counted_from_) counts_.requests += group_sizes_[i];
    at += group_sizes_[i];
  }
  return absl::OkStatus();
}

absl::Status ReplayConnection::TakeStore(const client::Reply& reply) {
  if (absl::StartsWith(reply.line, "SERVER_ERROR")) {
    ++counts_.sets;
    ++counts_.refused;
    return absl::OkStatus();
  }
  const auto result = reply.AsStore();
  if (!result.ok()) return result.status();
  if (*result != client::StoreResult::kStored) {
    return absl::InternalError(absl::StrCat("a set was answered with ", reply.line));
  }
  ++counts_.sets;
  return absl::OkStatus();
}

// Servers answer in the order of the request and leave out misses, so the search for an item's key
// goes on behind the last one found; it would find it anywhere.
absl::Status ReplayConnection::TakeItems(size_t begin, size_t end,
                                         const std::vector<client::Item>& items) {
  size_t at = begin;
  for (const client::Item& item : items) {
    size_t looked_at = 0;
    while (looked_at < end - begin && (hit_[at] || plan_[at]->key != item.key)) {
      at = at + 1 == end ? begin : at + 1;
      ++looked_at;
    }
    if (looked_at == end - begin) {
      return absl::InternalError(absl::StrCat("a second value for the one get of ", item.key));
    }
    hit_[at] = true;
    if (!IsValueOf(item.key, item.value)) {
      return absl::DataLossError(absl::StrCat("the value of ", item.key, ", ", item.value.size(),
                                              " bytes, is not what was stored"));
    }
  }
  counts_.gets += end - begin;
  counts_.hits += items.size();
  return absl::OkStatus();
}

// From the end, so that a miss is not filled when a later request of the exchange wrote or deleted
// the key, or missed it, too.
void ReplayConnection::SettleMisses() {
  std::vector<TraceRequest> fills;
  absl::flat_hash_set<absl::string_view> settled;
  for (size_t i = plan_.size(); i > counted_from_; --i) {
    const TraceRequest& request = *plan_[i - 1];
    if (hit_[i - 1]) continue;
    const bool get = request.op == TraceRequest::Op::kGet;
    if (get && !request.fill) continue;
    if (!settled.insert(request.key).second || !get) continue;
    fills.push_back(request);
    fills.back().op = TraceRequest::Op::kSet;
  }
  std::reverse(fills.begin(), fills.end());
  fills_ = std::move(fills);
}

}  // namespace overtake::bench
