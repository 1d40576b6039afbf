#include "bench/memory/line_reader.h"

#include <errno.h>
#include <sys/stat.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace overtake::bench {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
static_assert(kBufferBytes > LineReader::kMaxLineBytes);

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return absl::ErrnoToStatus(errno, path);
  if (S_ISDIR(info.st_mode)) return absl::InvalidArgumentError(path + ": a directory");
  errno = 0;
  File file(gzopen(path.c_str(), "rbe"));
  if (file == nullptr) return absl::ErrnoToStatus(errno != 0 ? errno : ENOMEM, path);
  return std::unique_ptr<LineReader>(new LineReader(path, std::move(file)));
}

LineReader::LineReader(std::string path, File file)
    : path_(std::move(path)), file_(std::move(file)), buffer_(kBufferBytes) {}

absl::Status LineReader::Error(absl::StatusCode code, absl::string_view what) const {
  return absl::Status(code, absl::StrCat(path_, ": line ", line_number_, ": ", what));
}

absl::StatusOr<bool> LineReader::Next(absl::string_view* line) {
  size_t searched = 0;
  while (true) {
    const absl::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const size_t newline = rest.find('\n', searched);
    if (newline != absl::string_view::npos) {
      *line = absl::StripSuffix(rest.substr(0, newline), "\r");
      begin_ += newline + 1;
      ++line_number_;
      return true;
    }
    searched = rest.size();
    if (rest.size() > kMaxLineBytes) {
      ++line_number_;
      return Error(absl::StatusCode::kInvalidArgument,
                   absl::StrCat("longer than ", kMaxLineBytes, " bytes"));
    }
    const absl::StatusOr<bool> more = Refill();
    if (!more.ok()) return more.status();
    if (*more) continue;
    if (begin_ == end_) return false;
    *line = absl::StripSuffix(absl::string_view(buffer_.data() + begin_, end_ - begin_), "\r");
    begin_ = end_;
    ++line_number_;
    return true;
  }
}

absl::StatusOr<bool> LineReader::Refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const int read =
      gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
  int error = Z_OK;
  const char* const message = gzerror(file_.get(), &error);
  // Z_BUF_ERROR: the file ends within its compressed data. What precedes the end is still good.
  if (read < 0 || (read == 0 && error == Z_BUF_ERROR)) {
    return absl::DataLossError(
        absl::StrCat(path_, ": after line ", line_number_, ": ",
                     error == Z_BUF_ERROR ? "the gzip file is truncated" : message));
  }
  end_ += static_cast<size_t>(read);
  return read > 0;
}

}  // namespace overtake::bench
