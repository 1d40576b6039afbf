#include "bench/memory/server_stats.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

absl::StatusOr<StoreFigures> AskStoreFigures(const Endpoint& endpoint) {
  client::ClientOptions options;
  options.connect_timeout = absl::Seconds(kSocketTimeoutSeconds);
  options.io_timeout = absl::Seconds(kSocketTimeoutSeconds);
  auto client = client::Client::Connect(endpoint.host, endpoint.port, options);
  if (!client.ok()) return client.status();
  const auto stats = (*client)->Stats();
  if (!stats.ok()) return stats.status();
  StoreFigures figures;
  for (const auto& [name, value] : *stats) {
    uint64_t* const field = name == "curr_items"       ? &figures.items
                            : name == "bytes"          ? &figures.bytes
                            : name == "limit_maxbytes" ? &figures.limit_bytes
                            : name == "evictions"      ? &figures.evictions
                                                       : nullptr;
    if (field != nullptr && !absl::SimpleAtoi(value, field)) *field = 0;
  }
  return figures;
}

nlohmann::json ToJson(const StoreFigures& store) {
  return {{"items", store.items},
          {"bytes", store.bytes},
          {"limit_bytes", store.limit_bytes},
          {"utilisation", store.Utilisation()},
          {"evictions", store.evictions}};
}

}  // namespace overtake::bench
