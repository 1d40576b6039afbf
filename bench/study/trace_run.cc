#include "bench/study/trace_run.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "bench/clock.h"
#include "bench/load_run.h"
#include "bench/socket.h"

namespace overtake::bench {
namespace {

constexpr char kRequestsKept[] = "2000";  // of each reader
constexpr int64_t kWarmupNs = 300 * kNsPerMs;

absl::Status AskFor(const Endpoint& endpoint, absl::string_view command) {
  const absl::StatusOr<UniqueFd> fd = Connect(endpoint);
  if (!fd.ok()) return fd.status();
  if (absl::Status sent = SendAll(fd->get(), absl::StrCat(command, "\r\n")); !sent.ok())
    return sent;
  std::string reply;
  while (reply.empty() || reply.back() != '\n') {
    std::array<char, 512> buffer;
    const absl::StatusOr<size_t> received = Receive(fd->get(), buffer.data(), buffer.size());
    if (!received.ok()) return received.status();
    reply.append(buffer.data(), *received);
  }
  if (reply == "OK\r\n") return absl::OkStatus();
  return absl::InternalError(absl::StrCat(command, " was answered with: ", reply));
}

}  // namespace

absl::Status TakeTrace(ServerSpec server, int first_port, const std::vector<LoadClass>& classes,
                       uint64_t seed, const std::string& path) {
  server.argv.insert(server.argv.end(), {"--trace-requests", kRequestsKept, "--trace-file", path});
  const auto process = ServerProcess::Start(server, first_port);
  if (!process.ok()) return process.status();
  const LoadOptions options{
      .endpoint = (*process)->endpoint(),
      .classes = classes,
      .plan = {.warmup_ns = kWarmupNs, .duration_ns = kNsPerSecond, .seed = seed}};
  if (absl::Status status = PreloadAll(options); !status.ok()) return status;
  const LoadOutcome outcome =
      RunLoad(options, [&](const LoadProgress&) { return (*process)->CheckAlive(); });
  if (!outcome.status.ok()) return outcome.status;
  return AskFor((*process)->endpoint(), "debug trace");
}

}  // namespace overtake::bench
