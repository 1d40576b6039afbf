#include "tests/conformance/expectations.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "tests/support/memcached_version.h"
#include "tests/support/modes.h"

namespace overtake::tests {
namespace {

bool Chosen(const Stream& stream) {
  const char* part = std::getenv("OVERTAKE_STREAMS");
  return part == nullptr || stream.name.find(part) != std::string::npos;
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

std::vector<Expectation> Expectations(const Records& records, bool alone) {
  const bool testing_memcached = TestingMemcached();
  const bool testing_older = testing_memcached && VersionOf(ServerBinary()) < records.version;
  const std::vector<std::string> not_adopted = NotAdopted();
  std::vector<Expectation> expectations;
  for (const Stream& stream : Corpus()) {
    if (stream.alone != alone || !Chosen(stream)) continue;
    // Where memcached is no model, its replies often depend on how the bytes arrive.
    if (testing_memcached && !stream.expected.empty()) continue;
    const auto record = records.entries.find(stream.name);
    if (record == records.entries.end()) {
      throw std::runtime_error(stream.name + " has no record: see tests/README.md");
    }
    if (testing_older && record->second.not_in_1_6_18) continue;
    const Reply ours = {stream.expected, stream.expected_closed};
    const bool listed =
        std::find(not_adopted.begin(), not_adopted.end(), stream.name) != not_adopted.end();
    expectations.push_back({.stream = &stream,
                            .reply = stream.expected.empty() ? record->second.reply : ours,
                            .not_adopted = listed && !testing_memcached});
  }
  return expectations;
}

}  // namespace overtake::tests
