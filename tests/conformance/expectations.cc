#include "tests/conformance/expectations.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "tests/conformance/records.h"
#include "tests/support/memcached_version.h"
#include "tests/support/modes.h"

namespace overtake::tests {
namespace {

bool Chosen(const Stream& stream) {
  const char* part = std::getenv("OVERTAKE_STREAMS");
  return part == nullptr || stream.name.find(part) != std::string::npos;
}

Reply RepliesOf(const Stream& stream) { return {stream.expected, stream.expected_closed}; }

std::vector<Reply> Replies(const Model& model, int port, const std::vector<const Stream*>& asked,
                           const Records& records) {
  if (!model.binary.empty()) return Record(port, asked);
  std::vector<Reply> replies;
  for (const Stream* stream : asked) {
    const auto found = records.entries.find(stream->name);
    if (found == records.entries.end()) {
      throw std::runtime_error(stream->name + " has no record: see tests/README.md");
    }
    replies.push_back(found->second.reply);
  }
  return replies;
}

}  // namespace

const std::vector<Stream>& Corpus() {
  static const std::vector<Stream> corpus = LoadCorpus(OVERTAKE_CORPUS);
  return corpus;
}

std::vector<std::string> NotAdopted() {
  std::vector<std::string> names;
  std::ifstream file(OVERTAKE_NOT_ADOPTED);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') names.push_back(line);
  }
  return names;
}

Model ChooseModel() {
  const MemcachedVersion recorded = LoadRecords(OVERTAKE_RECORDS).version;
  const std::string binary = MemcachedBinary();
  const MemcachedVersion installed = binary.empty() ? MemcachedVersion() : VersionOf(binary);
  if (installed >= recorded) return {"memcached " + installed.text() + ", asked now", binary};
  return {"memcached " + recorded.text() + ", recorded", ""};
}

std::vector<Expectation> Expectations(const Model& model, int port, bool alone) {
  const Records records = LoadRecords(OVERTAKE_RECORDS);
  // Memcached is measured by what it answered, an older one by what it shares.
  const bool testing_memcached = TestingMemcached();
  const bool testing_older = testing_memcached && VersionOf(ServerBinary()) < records.version;
  std::vector<const Stream*> streams;
  for (const Stream& stream : Corpus()) {
    if (stream.alone != alone || !Chosen(stream)) continue;
    const auto record = records.entries.find(stream.name);
    if (testing_older && record != records.entries.end() && record->second.not_in_1_6_18) continue;
    streams.push_back(&stream);
  }
  const std::vector<Reply> replies = Replies(model, port, streams, records);
  const std::vector<std::string> not_adopted = NotAdopted();
  std::vector<Expectation> expectations;
  for (size_t i = 0; i < streams.size(); i++) {
    Expectation expectation = {.stream = streams[i], .reply = replies[i]};
    if (!testing_memcached) {
      if (!streams[i]->expected.empty()) expectation.reply = RepliesOf(*streams[i]);
      expectation.not_adopted =
          std::find(not_adopted.begin(), not_adopted.end(), streams[i]->name) != not_adopted.end();
    }
    expectations.push_back(std::move(expectation));
  }
  return expectations;
}

}  // namespace overtake::tests
