// What a memcached answered to the corpus, written down: a file for each of the corpus's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/conformance/corpus.h"
#include "tests/conformance/record.h"
#include "tests/support/memcached_version.h"

namespace overtake::tests {

struct Records {
  struct Entry {
    Reply reply;
    bool not_in_1_6_18 = false;  // it answers otherwise
  };

  MemcachedVersion version;              // that answered
  std::map<std::string, Entry> entries;  // by the stream's name
};

// Throws std::runtime_error, with file and line, on a mistake in one of the files.
Records LoadRecords(const std::string& folder);

// The files' text, by name. Streams of a file are in the order of `corpus`.
std::map<std::string, std::string> RecordFiles(const Records& records,
                                               const std::vector<Stream>& corpus);

}  // namespace overtake::tests
