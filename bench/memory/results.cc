#include "bench/memory/results.h"

namespace overtake::bench {

nlohmann::json ToJson(const ReplayResult& result) {
  const ReplayCounts& counts = result.counts;
  return {{"requests", counts.requests}, {"gets", counts.gets},
          {"hits", counts.hits},         {"hit_ratio", counts.HitRatio()},
          {"sets", counts.sets},         {"refused_sets", counts.refused},
          {"deletes", counts.deletes},   {"seconds", result.seconds}};
}

nlohmann::json ToJson(const StoreFigures& store) {
  return {{"items", store.items},
          {"bytes", store.bytes},
          {"limit_bytes", store.limit_bytes},
          {"utilisation", store.Utilisation()},
          {"evictions", store.evictions}};
}

}  // namespace overtake::bench
