#include "server/stats/sections.h"

namespace overtake {
namespace {

void FillSizes(const StatsSource&, StatsSink* out) { out->Text("sizes_status", "disabled"); }

// What memcached has on disks: there is none.
void FillExternalStorage(const StatsSource&, StatsSink*) {}

constexpr StatsSection kSections[] = {
    {.name = "", .fill = FillGeneral},
    {.name = "settings", .fill = FillSettings},
    {.name = "items", .fill = FillItems, .text_prefix = "items:"},
    {.name = "slabs", .fill = FillSlabs},
    {.name = "sizes", .fill = FillSizes},
    {.name = "conns", .fill_part = FillConnections},
    {.name = "extstore", .fill = FillExternalStorage},
    {.name = "dispatch", .fill = FillDispatch},
};

}  // namespace

absl::Span<const StatsSection> StatsSections() { return kSections; }

}  // namespace overtake
