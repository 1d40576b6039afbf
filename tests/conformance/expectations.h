// What the server under test must answer to each stream, and why.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/corpus.h"
#include "tests/conformance/record.h"

namespace overtake::tests {

struct Expectation {
  const Stream* stream;
  Reply reply;               // memcached's, or where it is no model, ours
  bool not_adopted = false;  // the server does not answer so yet: then it must not
};

// The memcached that all is compared with.
struct Model {
  std::string text;    // for people: its version, and how it was asked
  std::string binary;  // to be asked now; "" if its records stand for it
};

// A memcached at least as new as the records is asked itself.
Model ChooseModel();

// The streams to run, alone or not, of those that $OVERTAKE_STREAMS, part of a stream's name,
// chooses; in the order of the corpus. A binary's replies are asked of the server at `port`.
std::vector<Expectation> Expectations(const Model& model, int port, bool alone);

// The corpus, all of it, and the names in not-adopted.txt.
const std::vector<Stream>& Corpus();
std::vector<std::string> NotAdopted();

}  // namespace overtake::tests
