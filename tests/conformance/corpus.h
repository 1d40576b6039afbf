// Streams of commands, written down in text files.
//
//   # a comment
//   [name]                   a stream begins; [name alone] and [name uncut]: see Stream
//   set {k}a 0 0 3\r\n       lines are joined without their ends: \r\n is written out
//   abc\r\n
//   => STORED\r\n            what we must answer to the lines above, if memcached is no model
//   why: a lone `-`          then always: how a row of docs/protocol.md begins that says so
//
// Escapes: \r \n \t \0 \\ \{ \} \s (space) \xNN. In braces:
//   {k}        a prefix that makes keys unique to one run of the stream, always 8 bytes long
//   {cas}      the last CAS unique seen in the replies before the last {wait}
//   {wait}     go on when all replies so far have come
//   {250*a}    the text behind the star, repeated; in it {i} counts from 0
//   {closed}   at the end of a reply: the connection is closed then
//
// Records (records.h) are written in the same notation, with what came back in place of what is
// sent.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace overtake::tests {

constexpr size_t kPrefixBytes = 8;

// Bytes that are sent before the next {wait}, with the places of what is known only then.
class Segment {
 public:
  void AppendText(const std::string& text) { text_ += text; }
  void AppendPrefix();
  void AppendCas() { cas_at_.push_back(text_.size()); }
  std::string Render(const std::string& prefix, const std::string& cas) const;
  size_t size() const { return text_.size(); }  // without CAS uniques
  bool needs_cas() const { return !cas_at_.empty(); }

 private:
  std::string text_;
  std::vector<size_t> prefix_at_, cas_at_;
};

struct Stream {
  std::string name;  // file/name
  std::vector<Segment> segments;
  bool alone = false;  // it affects others (flush_all): nothing may run beside it
  bool uncut = false;  // send segments whole: memcached's reply depends on how the bytes arrive, or
                       // there is nothing new to learn from cuts
  bool not_in_1_6_18 = false;  // of a record: memcached 1.6.18 answers otherwise
  bool closed = false;         // of a reply
  // What we must have answered after each segment, in the form of reply_text.h; empty if that is
  // what memcached answers.
  std::vector<std::string> expected;
  bool expected_closed = false;
  std::string why;  // documented, if something is expected

  size_t size() const;
};

// All streams of all *.txt files in `folder`, in the order of their names. Throws
// std::runtime_error, with file and line, on a mistake in one of them.
std::vector<Stream> LoadCorpus(const std::string& folder);

}  // namespace overtake::tests
