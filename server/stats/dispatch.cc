// `stats dispatch`.

#include <string>

#include "base/ticks.h"
#include "dispatch/architecture.h"
#include "server/stats/sections.h"

namespace overtake {
namespace {

// What makes a request heavy, and what was measured of it.
void FillCosts(const CostModel& costs, StatsSink* out) {
  using Kind = CostModel::Kind;
  out->Gauge("heavy_micros", costs.heavy_micros());
  out->Gauge("max_light_keys", costs.max_light_units(Kind::kRetrieve));
  out->Gauge("max_light_value_bytes", costs.max_light_units(Kind::kStore));
  out->Gauge("cost_get_ns", {costs.fixed_ns(Kind::kRetrieve), 2});
  out->Gauge("cost_get_key_ns", {costs.unit_ns(Kind::kRetrieve), 2});
  out->Gauge("cost_set_ns", {costs.fixed_ns(Kind::kStore), 2});
  out->Gauge("cost_set_byte_ns", {costs.unit_ns(Kind::kStore), 2});
  out->Gauge("cost_stats_ns", {costs.fixed_ns(Kind::kStats), 2});
}

void FillThread(const ThreadStats& thread, StatLabel label, StatsSink* out) {
  out->Text({"name", label}, thread.name);
  out->Text({"role", label}, thread.role);
  out->Gauge({"connections", label}, thread.connections.Get());
  out->Counter({"requests", label}, thread.requests.Get());
  out->Gauge({"queue_depth", label}, thread.queue_depth.Get());
  out->Histogram({"wait", label}, {&thread.wait_ticks, TicksPerMicrosecond(), "us"});
}

}  // namespace

void FillDispatch(const StatsSource& s, StatsSink* out) {
  if (s.architecture == nullptr) return;
  out->Text("dispatch", InfoOf(s.settings->dispatch.mode).name);
  if (const auto depth = s.architecture->queue_depth()) out->Gauge("queue_depth", *depth);
  FillCosts(*s.costs, out);
  int index = 0;
  for (const ThreadStats* thread : s.architecture->thread_stats()) {
    FillThread(*thread, {"thread", std::to_string(index++)}, out);
  }
}

}  // namespace overtake
