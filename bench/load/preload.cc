#include "bench/load/preload.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/channel.h"
#include "bench/load/reply_scanner.h"

namespace overtake::bench {
namespace {

// Sent before the replies are read. Under TLS memcached forgets what does not fit its buffer until
// other bytes come.
constexpr size_t kBatchBytes = 64 * 1024;
constexpr size_t kTlsBatchBytes = 8 * 1024;

absl::Status ExpectStored(Channel& channel, int wanted) {
  ReplyScanner scanner;
  std::array<char, 4096> buffer;
  int stored = 0;
  while (stored < wanted) {
    const absl::StatusOr<size_t> received = channel.Receive(buffer.data(), buffer.size());
    if (!received.ok()) return received.status();
    absl::Status status =
        scanner.Feed({buffer.data(), *received}, [&stored](const Reply& reply) -> absl::Status {
          ++stored;
          if (reply.kind == Reply::Kind::kStored) return absl::OkStatus();
          return absl::InternalError(absl::StrCat("set was answered with: ", reply.line));
        });
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Preload(const Endpoint& endpoint, const LoadClass& load, const KeyRing& ring) {
  absl::StatusOr<Channel> channel = Channel::Open(endpoint);
  if (!channel.ok()) return channel.status();
  const std::string values(ring.max_value_bytes(), 'v');
  const size_t batch_bytes = endpoint.tls ? kTlsBatchBytes : kBatchBytes;
  std::string batch;
  int in_batch = 0;
  for (int i = 0; i < load.key_count; ++i) {
    const size_t position = static_cast<size_t>(i);
    const absl::string_view value =
        absl::string_view(values).substr(0, ring.ValueBytes(position, 1));
    absl::StrAppend(&batch, "set ", ring.Key(position), " 0 0 ", value.size(), "\r\n", value,
                    "\r\n");
    ++in_batch;
    if (batch.size() < batch_bytes && i + 1 < load.key_count) continue;
    if (absl::Status status = channel->SendAll(batch); !status.ok()) return status;
    if (absl::Status status = ExpectStored(*channel, in_batch); !status.ok()) return status;
    batch.clear();
    in_batch = 0;
  }
  return absl::OkStatus();
}

}  // namespace overtake::bench
