#include "tests/conformance/record.h"

#include <poll.h>

#include <algorithm>
#include <cstdio>
#include <list>
#include <span>

#include "tests/conformance/reply_text.h"
#include "tests/support/conversation.h"

namespace overtake::tests {
namespace {

// Silence that is taken for the end of a reply. A reply that took longer would show as a
// difference, not pass unseen: the server under test is not asked this way.
constexpr int kQuietMs = 150 * kPatience;

void PumpUntilQuiet(std::list<Conversation>& talks) {
  std::vector<pollfd> fds;
  for (;;) {
    fds.clear();
    for (const Conversation& talk : talks) {
      if (!talk.closed()) fds.push_back({talk.fd(), talk.events(), 0});
    }
    if (poll(fds.data(), fds.size(), kQuietMs) <= 0) return;
    for (Conversation& talk : talks) talk.Pump();
  }
}

}  // namespace

std::string NewPrefix() {
  static unsigned next = 0;
  char prefix[kPrefixBytes + 1];
  std::snprintf(prefix, sizeof prefix, "k%07x", next++ & 0xfffffffU);
  return prefix;
}

namespace {

std::vector<Reply> RecordAtOnce(int port, std::span<const Stream* const> streams) {
  std::list<Conversation> talks;
  std::vector<std::string> prefixes;
  std::vector<Reply> replies(streams.size());
  size_t segments = 0;
  for (const Stream* stream : streams) {
    talks.emplace_back(port);
    prefixes.push_back(NewPrefix());
    segments = std::max(segments, stream->segments.size());
  }
  for (size_t segment = 0; segment < segments; segment++) {
    size_t i = 0;
    for (Conversation& talk : talks) {
      if (segment < streams[i]->segments.size()) {
        const std::string cas = Normalize(talk.received(), prefixes[i]).last_cas;
        talk.Queue(streams[i]->segments[segment].Render(prefixes[i], cas));
      }
      i++;
    }
    PumpUntilQuiet(talks);
    i = 0;
    for (const Conversation& talk : talks) {
      if (segment < streams[i]->segments.size()) {
        replies[i].after.push_back(Normalize(talk.received(), prefixes[i]).text);
        replies[i].closed = talk.closed();
      }
      i++;
    }
  }
  return replies;
}

}  // namespace

std::vector<Reply> Record(int port, const std::vector<const Stream*>& streams) {
  constexpr size_t kAtOnce = 400;  // memcached's limit of connections allows more
  std::vector<Reply> replies;
  for (size_t first = 0; first < streams.size();) {
    size_t last = first;
    while (last < streams.size() && last - first < kAtOnce && !streams[last]->alone) last++;
    if (last == first) last++;
    const auto more = RecordAtOnce(port, std::span(streams).subspan(first, last - first));
    replies.insert(replies.end(), more.begin(), more.end());
    first = last;
  }
  return replies;
}

}  // namespace overtake::tests
