#include "tests/conformance/corpus.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace overtake::tests {
namespace {

constexpr std::string_view kWhy = "why: ";

// Expands the notation of one line into a stream's segments.
class LineReader {
 public:
  LineReader(std::string_view line, Stream* stream) : line_(line), stream_(stream) {}

  void Read() { ReadUntil(line_.size(), 0); }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw std::runtime_error(what + " in: " + std::string(line_));
  }

  Segment& out() { return stream_->segments.back(); }

  void ReadUntil(size_t end, int index) {
    while (at_ < end) {
      const char c = line_[at_++];
      if (c == '\\') {
        out().AppendText(std::string(1, Escape()));
      } else if (c == '{') {
        Brace(index);
      } else {
        out().AppendText(std::string(1, c));
      }
    }
  }

  char Escape() {
    if (at_ >= line_.size()) Fail("lone backslash");
    const char c = line_[at_++];
    switch (c) {
      case 'r':
        return '\r';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '0':
        return '\0';
      case 's':
        return ' ';
      case '\\':
      case '{':
      case '}':
        return c;
      case 'x':
        if (at_ + 2 > line_.size()) Fail("short \\x");
        at_ += 2;
        return static_cast<char>(
            std::stoi(std::string(line_.substr(at_ - 2, 2)), nullptr, /*base=*/16));
      default:
        Fail(std::string("unknown escape \\") + c);
    }
  }

  // The place of the '}' that closes the brace whose inside begins at at_.
  size_t ClosingBrace() const {
    int depth = 1;
    for (size_t i = at_; i < line_.size(); i++) {
      if (line_[i] == '\\') {
        i++;
      } else if (line_[i] == '{') {
        depth++;
      } else if (line_[i] == '}' && --depth == 0) {
        return i;
      }
    }
    Fail("unclosed brace");
  }

  void Brace(int index) {
    const size_t close = ClosingBrace();
    const std::string_view inside = line_.substr(at_, close - at_);
    if (inside == "k") {
      out().AppendPrefix();
    } else if (inside == "cas") {
      if (stream_->segments.size() < 2) Fail("{cas} without a {wait} before");
      out().AppendCas();
    } else if (inside == "wait") {
      stream_->segments.emplace_back();
    } else if (inside == "closed") {
      stream_->closed = true;
    } else if (inside == "i") {
      out().AppendText(std::to_string(index));
    } else if (!inside.empty() && std::isdigit(static_cast<unsigned char>(inside[0])) != 0) {
      Repeat(close);
    } else {
      Fail("unknown brace {" + std::string(inside) + "}");
    }
    at_ = close + 1;
  }

  void Repeat(size_t close) {
    const size_t star = line_.find('*', at_);
    if (star >= close) Fail("repetition without a star");
    const int count = std::stoi(std::string(line_.substr(at_, star - at_)));
    for (int i = 0; i < count; i++) {
      at_ = star + 1;
      ReadUntil(close, i);
    }
  }

  const std::string_view line_;
  Stream* const stream_;
  size_t at_ = 0;
};

// Adds the text behind a "=>" to what is expected.
void ReadExpected(std::string_view line, Stream* stream) {
  Stream text;
  text.segments.emplace_back();
  LineReader(line, &text).Read();
  if (text.segments.size() != 1) throw std::runtime_error("{wait} in an expected reply");
  const std::string before = stream->expected.empty() ? "" : stream->expected.back();
  stream->expected.resize(stream->segments.size(), before);
  stream->expected.back() += text.segments[0].Render("{k}", "");
  stream->expected_closed = text.closed;
}

Stream ReadHeader(const std::string& line, const std::string& file) {
  std::istringstream words(line.substr(1, line.rfind(']') - 1));
  Stream stream;
  words >> stream.name;
  stream.name = file + "/" + stream.name;
  stream.segments.emplace_back();
  for (std::string word; words >> word;) {
    if (word == "alone") {
      stream.alone = true;
    } else if (word == "uncut") {
      stream.uncut = true;
    } else if (word == "not-in-1.6.18") {
      stream.not_in_1_6_18 = true;
    } else {
      throw std::runtime_error("unknown option " + word);
    }
  }
  return stream;
}

void LoadFile(const std::filesystem::path& path, std::vector<Stream>* corpus) {
  std::ifstream file(path);
  int number = 0;
  bool in_stream = false;
  for (std::string line; std::getline(file, line);) {
    number++;
    try {
      if (line.empty() || line[0] == '#') continue;
      if (line[0] == '[') {
        corpus->push_back(ReadHeader(line, path.stem().string()));
        in_stream = true;
      } else if (!in_stream) {
        throw std::runtime_error("text before the first [name]");
      } else if (line.starts_with("=> ")) {
        ReadExpected(std::string_view(line).substr(3), &corpus->back());
      } else if (line.starts_with(kWhy)) {
        corpus->back().why = line.substr(kWhy.size());
      } else {
        LineReader(line, &corpus->back()).Read();
      }
    } catch (const std::exception& error) {
      throw std::runtime_error(path.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
}

}  // namespace

void Segment::AppendPrefix() {
  prefix_at_.push_back(text_.size());
  text_.append(kPrefixBytes, '?');
}

std::string Segment::Render(const std::string& prefix, const std::string& cas) const {
  // Inserted from behind, so that the offsets before stay true.
  std::string bytes = text_;
  size_t prefixes = prefix_at_.size(), uniques = cas_at_.size();
  while (prefixes + uniques > 0) {
    if (uniques > 0 && (prefixes == 0 || cas_at_[uniques - 1] > prefix_at_[prefixes - 1])) {
      bytes.insert(cas_at_[--uniques], cas);
    } else {
      bytes.replace(prefix_at_[--prefixes], kPrefixBytes, prefix);
    }
  }
  return bytes;
}

size_t Stream::size() const {
  size_t bytes = 0;
  for (const Segment& segment : segments) bytes += segment.size();
  return bytes;
}

std::vector<Stream> LoadCorpus(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Stream> corpus;
  for (const auto& file : files) LoadFile(file, &corpus);
  for (const Stream& stream : corpus) {
    if (!stream.expected.empty() && stream.expected.size() != stream.segments.size()) {
      throw std::runtime_error(stream.name + ": no => line before or after a {wait}");
    }
  }
  return corpus;
}

}  // namespace overtake::tests
