// Commands, valid and not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/differential/random.h"
#include "tests/fuzz/differential/stream.h"
#include "tests/fuzz/differential/vocabulary.h"

namespace overtake::tests {

// A command, with what a stream must know to place it.
struct Phrase {
  Command command = {};
  // Keys whose items the reply may hold until it is sent. memcached counts up such an item in
  // another way, so commands that count come after the reply.
  std::vector<std::string> reads = {};
  std::string counts = {};  // the key that it counts up or down, or ""
  // A data block follows its line.
  bool has_data = false;
  // It begins a step that is sent in one piece: memcached looks at how the bytes arrive, or drops
  // replies before this one that it has not sent yet, as it does when the connection ends within a
  // data block.
  bool first = false;
  // It ends its step: what memcached makes of bytes behind it depends on how they arrive.
  bool final = false;
  // Perhaps the server takes what follows for data, or waits for more: the connection's last step.
  // Nothing with a data block comes after it.
  bool unsafe = false;
};

// Makes phrases of memcached's text protocol. One function for each kind of command; the files are
// classic_grammar.cc, meta_grammar.cc and hostile_grammar.cc.
class Grammar {
 public:
  Grammar(Random* random, Vocabulary* words) : random_(random), words_(words) {}

  // Well-formed for the most part, with numbers and flags that need not be valid; the connection is
  // in step afterwards.
  Phrase Ordinary();
  // What no client sends.
  Phrase Hostile();

 private:
  Phrase Retrieval();
  Phrase Storage();
  Phrase Cas();
  Phrase Delete();
  Phrase Arithmetic();
  Phrase Touch();
  Phrase FlushAll();
  Phrase Other();

  Phrase MetaGet();
  Phrase MetaSet();
  Phrase MetaDelete();
  Phrase MetaArithmetic();
  Phrase MetaDebug();

  Phrase Mutation();
  Phrase Lie();
  Phrase CutShort();
  Phrase LongLine();
  Phrase ManyTokens();
  Phrase ManyKeys();
  Phrase OverlongKey();
  Phrase JunkLine();
  Phrase Injection();
  Phrase Http();

  // "\r\n", seldom "\n"; before it, seldom, more white space or words.
  std::string LineEnd();
  std::string Noreply();
  // Between words: a space, seldom more.
  std::string Space();

  Random* const random_;
  Vocabulary* const words_;
};

}  // namespace overtake::tests
