#pragma once

#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace overtake::bench {

// Reads a text file line by line, gzipped or not (which its first bytes tell). One thread.
class LineReader {
 public:
  static constexpr size_t kMaxLineBytes = 64 * 1024;

  // A NotFoundError, or another, when the file cannot be opened.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);

  // The next line without "\n" or "\r\n", valid until the next call; false at the end of the file.
  // Errors: DataLoss for a damaged or truncated gzip file, InvalidArgument for a longer line.
  absl::StatusOr<bool> Next(absl::string_view* line);

  // "path: line 12: what", about the line that Next has given last.
  absl::Status Error(absl::StatusCode code, absl::string_view what) const;

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  using File = std::unique_ptr<gzFile_s, Close>;

  LineReader(std::string path, File file);
  // Replaces what has been used up of the buffer; false at the end of the file.
  absl::StatusOr<bool> Refill();

  const std::string path_;
  const File file_;
  uint64_t line_number_ = 0;  // of the last line given, from 1
  std::vector<char> buffer_;
  size_t begin_ = 0;  // the bytes of the buffer that have not been given yet
  size_t end_ = 0;
};

}  // namespace overtake::bench
