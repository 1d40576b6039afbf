#include <algorithm>
#include <set>

#include "tests/conformance/replay.h"

namespace overtake::tests {
namespace {

constexpr size_t kShort = 700;   // streams up to here are cut everywhere
constexpr size_t kHuge = 65536;  // beyond, every replay costs a millisecond

void AddRange(size_t from, size_t to, size_t size, std::set<size_t>* offsets) {
  for (size_t offset = std::max<size_t>(from, 1); offset <= to && offset < size; offset++) {
    offsets->insert(offset);
  }
}

std::set<size_t> OffsetsOf(const std::string& bytes, size_t stream_bytes) {
  const size_t size = bytes.size();
  std::set<size_t> offsets;
  if (stream_bytes <= kShort) {
    AddRange(1, size, size, &offsets);
    return offsets;
  }
  const size_t end_zone = stream_bytes <= kHuge ? 200 : 12;
  AddRange(1, end_zone, size, &offsets);
  AddRange(size > end_zone ? size - end_zone : 1, size, size, &offsets);
  size_t lines = 0;
  for (size_t at = bytes.find('\n'); at != std::string::npos; at = bytes.find('\n', at + 1)) {
    if (++lines <= 20) AddRange(at > 2 ? at - 2 : 1, at + 3, size, &offsets);
  }
  for (const size_t buffer : {2048, 4096, 16384, 65536}) {
    AddRange(buffer - 1, buffer + 1, size, &offsets);
  }
  return offsets;
}

}  // namespace

std::vector<Cut> CutsOf(const Stream& stream) {
  std::vector<Cut> cuts;
  if (stream.uncut) return cuts;
  for (size_t segment = 0; segment < stream.segments.size(); segment++) {
    // A CAS unique's length is known only when it is sent; a cut beyond the end does nothing.
    const std::string bytes =
        stream.segments[segment].Render(std::string(kPrefixBytes, '?'), "12345");
    for (const size_t offset : OffsetsOf(bytes, stream.size())) cuts.push_back({segment, offset});
  }
  return cuts;
}

}  // namespace overtake::tests
