// The words that streams are made of.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/fuzz/differential/random.h"

namespace overtake::tests {

// What one stream uses: few keys, so that its commands meet, and what it leaves out. Each of these
// rules is a row of docs/protocol.md, "Where we differ", held to as narrowly as it is there.
class Vocabulary {
 public:
  explicit Vocabulary(Random* random);

  // A refused add counts as a hit (h, me's fetch=): a stream has adds, or looks at hits.
  bool adds = false;
  bool looks_at_hits = false;
  // memcached knows of each item whether its key came in base64, and forgets it when it vivifies,
  // appends or counts: a stream does that to such keys, or asks for them back (k, me).
  bool alters_binary = false;
  // What an immediate flush_all took may come back with a delayed one: a stream has one kind.
  bool flushes_later = false;

  // memcached looks for a sign behind a value of 2^63 or more, in memory that holds whatever was
  // there before: a stream counts so far, or has minus signs (and servers that never held one).
  bool counts_high = false;

  // Keys of 1 to 250 bytes without white space, NUL or line ends; some with all other bytes.
  const std::string& Key() { return random_->Of(keys_); }
  // A key in base64 whose bytes no text command can name.
  const std::string& BinaryKey() { return random_->Of(binary_keys_); }
  // A key that no command is to store: 1 to 250 bytes.
  std::string AbsentKey();
  // A key longer than 250 bytes.
  std::string OverlongKey();

  // Numbers at the edges of types, with signs, zeros and junk. Not all are valid.
  std::string Number();
  // A valid one, below 2^64.
  std::string ValidNumber();
  // For counting. Not all are valid.
  std::string Delta();
  // Exptimes that have passed or will not come while a stream runs: never 1 to 900 from now, by any
  // reading. Not all are valid.
  std::string Exptime();
  std::string ValidExptime();
  // For R: between two of ValidExptime's, and far from each.
  std::string RecacheTime();

  // Data blocks, without their end: empty, digits, bytes of all values, up to 10 KB and seldom up
  // to just above the limit of 1 MB.
  std::string Value();
  // Something that incr takes, or almost.
  std::string NumericValue();
  // Bytes without line end.
  std::string Junk(size_t bytes);

 private:
  std::string MakeKey();

  Random* const random_;
  std::vector<std::string> keys_, binary_keys_;
};

}  // namespace overtake::tests
