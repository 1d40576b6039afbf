#include "bench/study/trace_run.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/clock.h"
#include "bench/load/load_run.h"
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

nlohmann::json ToJson(const LoadOutcome& outcome) {
  nlohmann::json classes = nlohmann::json::array();
  for (const ClassResult& result : outcome.classes) {
    nlohmann::json requests = nlohmann::json::array();
    for (const RequestTimes& times : result.times) {
      requests.push_back({times.connection, times.due_ns - outcome.start_ns,
                          times.sent_ns - outcome.start_ns, times.done_ns - outcome.start_ns});
    }
    classes.push_back({{"name", result.load.name}, {"requests", std::move(requests)}});
  }
  return {{"start_ns", outcome.start_ns}, {"classes", std::move(classes)}};
}

}  // namespace

absl::StatusOr<nlohmann::json> TakeTrace(ServerSpec server, int first_port,
                                         const std::vector<LoadClass>& classes, uint64_t seed,
                                         const std::string& path) {
  server.argv.insert(server.argv.end(), {"--trace-requests", kRequestsKept, "--trace-file", path});
  const auto process = ServerProcess::Start(server, first_port);
  if (!process.ok()) return process.status();
  const LoadOptions options{
      .endpoint = (*process)->endpoint(),
      .classes = classes,
      .plan = {
          .warmup_ns = kWarmupNs, .duration_ns = kNsPerSecond, .seed = seed, .keep_times = true}};
  if (absl::Status status = PreloadAll(options); !status.ok()) return status;
  const LoadOutcome outcome =
      RunLoad(options, [&](const LoadProgress&) { return (*process)->CheckAlive(); });
  if (absl::Status cause = (*process)->CauseOf(outcome.status); !cause.ok()) return cause;
  const absl::Status asked = AskFor((*process)->endpoint(), "debug trace");
  if (!asked.ok()) return asked;
  return ToJson(outcome);
}

}  // namespace overtake::bench
