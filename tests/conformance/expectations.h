// What the server under test must answer to each stream, and why.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/corpus.h"
#include "tests/conformance/record.h"
#include "tests/conformance/records.h"

namespace overtake::tests {

struct Expectation {
  const Stream* stream;
  Reply reply;               // memcached's, or where it is no model, ours
  bool not_adopted = false;  // the server does not answer so yet: then it must not
};

// The streams to run, alone or not, of those that $OVERTAKE_STREAMS, part of a stream's name,
// chooses; in the order of the corpus.
std::vector<Expectation> Expectations(const Records& records, bool alone);

// The corpus, all of it, and the names in not-adopted.txt.
const std::vector<Stream>& Corpus();
std::vector<std::string> NotAdopted();

}  // namespace overtake::tests
