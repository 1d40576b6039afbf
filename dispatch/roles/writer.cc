#include "dispatch/roles/writer.h"

#include <array>

#include "dispatch/roles/job.h"

namespace overtake {
namespace {

constexpr size_t kMaxPieces = 64;

}  // namespace

Sent SendReply(Connection& c, size_t max_bytes, ThreadStats* stats) {
  Reply& reply = c.job->reply;
  std::array<iovec, kMaxPieces> pieces;
  size_t sent_bytes = 0;
  while (!reply.empty()) {
    if (sent_bytes >= max_bytes) return Sent::kPart;
    size_t bytes = 0;
    const size_t count = reply.Gather(absl::MakeSpan(pieces), max_bytes - sent_bytes, &bytes);
    const TransferResult result = c.transport.Send(absl::MakeSpan(pieces.data(), count), bytes);
    if (result.what == Transfer::kFailed) return Sent::kFailed;
    if (result.what == Transfer::kSome) {
      c.job->wrote = true;
      stats->bytes_written.Add(result.bytes);
      sent_bytes += result.bytes;
      reply.Consume(result.bytes);
    }
    if (result.exhausted) return Sent::kBlocked;
  }
  return Sent::kAll;
}

}  // namespace overtake
