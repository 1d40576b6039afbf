#include "bench/memory/trace_file.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "bench/memory/line_reader.h"
#include "bench/memory/trace_format.h"

namespace overtake::bench {
namespace {

class TraceFile : public RequestSource {
 public:
  TraceFile(std::unique_ptr<LineReader> lines, TraceLineParser parser,
            std::optional<double> speed_up)
      : lines_(std::move(lines)), parser_(std::move(parser)), speed_up_(speed_up) {}

  // Makes the line that the parser was made from the first request.
  absl::Status Take(absl::string_view line) {
    absl::StatusOr<TraceLineParser::Line> parsed = parser_.Parse(line, &current_);
    if (!parsed.ok()) return lines_->Error(parsed.status().code(), parsed.status().message());
    repeats_left_ = parsed->repeat;
    if (!speed_up_.has_value()) return absl::OkStatus();
    if (!first_time_.has_value()) first_time_ = parsed->time;
    current_.due_s = std::max(0.0, parsed->time - *first_time_) / *speed_up_;
    current_.ttl_s = static_cast<uint32_t>(std::ceil(current_.ttl_s / *speed_up_));
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Next(TraceRequest* request) override {
    while (repeats_left_ == 0) {
      absl::string_view line;
      absl::StatusOr<bool> more = lines_->Next(&line);
      if (!more.ok() || !*more) return more;
      if (parser_.Skips(line)) continue;
      if (absl::Status status = Take(line); !status.ok()) return status;
    }
    --repeats_left_;
    *request = current_;
    return true;
  }

 private:
  const std::unique_ptr<LineReader> lines_;
  TraceLineParser parser_;
  const std::optional<double> speed_up_;
  std::optional<double> first_time_;  // the trace's time when the replay begins
  TraceRequest current_;
  uint32_t repeats_left_ = 0;  // of current_
};

bool IsComment(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  return line.empty() || line.front() == '#';
}

}  // namespace

absl::StatusOr<std::unique_ptr<RequestSource>> OpenTrace(const TraceFileOptions& options) {
  absl::StatusOr<std::unique_ptr<LineReader>> lines = LineReader::Open(options.path);
  if (!lines.ok()) return lines.status();
  absl::string_view line;
  absl::StatusOr<TraceLineParser> parser = absl::UnknownError("no line yet");
  bool is_request = true;
  do {
    const absl::StatusOr<bool> more = (*lines)->Next(&line);
    if (!more.ok()) return more.status();
    if (!*more) return absl::InvalidArgumentError(options.path + ": holds no request");
    parser = TraceLineParser::Make(options.format, line, &is_request);
    // What begins like a comment may be the header of a CSV file, and is a comment otherwise.
  } while (IsComment(line) && (!parser.ok() || is_request));
  if (!parser.ok()) {
    return (*lines)->Error(parser.status().code(), parser.status().message());
  }
  auto trace = std::make_unique<TraceFile>(*std::move(lines), *std::move(parser), options.speed_up);
  if (is_request) {
    if (absl::Status status = trace->Take(line); !status.ok()) return status;
  }
  return trace;
}

}  // namespace overtake::bench
