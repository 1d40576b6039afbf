#include "dispatch/trace_json.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/ticks.h"

namespace overtake {
namespace {

constexpr int kThreads = 1;  // the viewer's processes
constexpr int kRequests = 2;

// Writes events to a file, one a line.
class EventWriter {
 public:
  EventWriter(std::FILE* file, const CommandTable& commands, uint64_t first_ticks,
              double ticks_per_microsecond)
      : file_(file),
        commands_(commands),
        first_ticks_(first_ticks),
        ticks_per_microsecond_(ticks_per_microsecond) {}

  std::string_view NameOf(const TracedPiece& piece) const { return commands_[piece.command].name; }

  void ProcessName(int process, std::string_view name) {
    Begin();
    std::fprintf(file_, R"({"ph":"M","pid":%d,"name":"process_name","args":{"name":"%.*s"}})",
                 process, static_cast<int>(name.size()), name.data());
  }
  void ThreadName(uint32_t thread, const std::string& name) {
    Begin();
    std::fprintf(file_, R"({"ph":"M","pid":%d,"tid":%u,"name":"thread_name","args":{"name":"%s"}})",
                 kThreads, thread, name.c_str());
  }
  // A slice on a thread's row.
  void Execution(int reader, const TracedPiece& piece) {
    Begin();
    const std::string_view name = NameOf(piece);
    std::fprintf(file_, R"({"ph":"X","pid":%d,"tid":%u,"ts":%.3f,"dur":%.3f,"name":"%.*s",)",
                 kThreads, piece.executor, Micros(piece.started),
                 Micros(piece.finished) - Micros(piece.started), static_cast<int>(name.size()),
                 name.data());
    std::fprintf(file_, R"("args":{"request":"%d.%ju","connection":%u,"bytes":%u}})", reader,
                 static_cast<uintmax_t>(piece.request), piece.connection, piece.bytes);
  }
  // The beginning ('b') or the end ('e') of a slice that belongs to a request.
  void Edge(char phase, std::string_view name, int reader, const TracedPiece& piece,
            uint64_t ticks) {
    Begin();
    std::fprintf(file_, R"({"ph":"%c","cat":"request","pid":%d,"tid":%u,"id":"%d.%ju","ts":%.3f,)",
                 phase, kRequests, piece.connection, reader, static_cast<uintmax_t>(piece.request),
                 Micros(ticks));
    std::fprintf(file_, R"("name":"%.*s")", static_cast<int>(name.size()), name.data());
    if (phase == 'b') {
      std::fprintf(file_, R"(,"args":{"connection":%u,"bytes":%u,"requests in job":%u})",
                   piece.connection, piece.bytes, piece.in_job);
    }
    std::fputc('}', file_);
  }

 private:
  void Begin() {
    std::fputs(is_first_ ? "\n" : ",\n", file_);
    is_first_ = false;
  }
  double Micros(uint64_t ticks) const {
    const uint64_t since = ticks - std::min(ticks, first_ticks_);
    return static_cast<double>(since) / ticks_per_microsecond_;
  }

  std::FILE* const file_;
  const CommandTable& commands_;
  const uint64_t first_ticks_;
  const double ticks_per_microsecond_;
  bool is_first_ = true;
};

// [first, last) are the pieces of one request.
void WriteRequest(EventWriter* writer, int reader, const TracedPiece* first,
                  const TracedPiece* last) {
  // In the order of time, so that whoever pairs ends with beginnings finds them nested.
  const std::string_view name = writer->NameOf(*first);
  writer->Edge('b', name, reader, *first, first->read);
  writer->Edge('b', "wait", reader, *first, first->read);
  writer->Edge('e', "wait", reader, *first, first->started);
  for (const TracedPiece* piece = first; piece != last; ++piece) {
    writer->Edge('b', "execute", reader, *piece, piece->started);
    writer->Edge('e', "execute", reader, *piece, piece->finished);
    const uint64_t until = piece + 1 == last ? piece->written : (piece + 1)->started;
    writer->Edge('b', "send", reader, *piece, piece->finished);
    writer->Edge('e', "send", reader, *piece, until);
  }
  writer->Edge('e', name, reader, *first, first->written);
}

// The oldest request may have lost its first pieces: it is left out.
void WriteRequests(EventWriter* writer, const ReaderTrace& trace) {
  const TracedPiece* const end = trace.pieces.data() + trace.pieces.size();
  const TracedPiece* first = std::find_if(trace.pieces.data(), end,
                                          [](const TracedPiece& piece) { return piece.is_first; });
  while (first != end) {
    const TracedPiece* const last =
        std::find_if(first + 1, end, [](const TracedPiece& piece) { return piece.is_first; });
    WriteRequest(writer, trace.reader, first, last);
    first = last;
  }
}

// When `ticks` were counted, by CLOCK_MONOTONIC.
double MonotonicNs(uint64_t ticks, double ticks_per_microsecond) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const double ago_us = static_cast<double>(Ticks() - ticks) / ticks_per_microsecond;
  return std::chrono::duration<double, std::nano>(now).count() - 1000 * ago_us;
}

void WriteEvents(std::FILE* file, const std::vector<ReaderTrace>& traces,
                 const CommandTable& commands,
                 absl::FunctionRef<std::string(ExecutorId)> name_of_executor,
                 double ticks_per_microsecond) {
  uint64_t first_ticks = std::numeric_limits<uint64_t>::max();
  std::set<uint32_t> executors;
  for (const ReaderTrace& trace : traces) {
    for (const TracedPiece& piece : trace.pieces) {
      first_ticks = std::min(first_ticks, piece.read);
      executors.insert(piece.executor);
    }
  }
  EventWriter writer(file, commands, first_ticks, ticks_per_microsecond);
  std::fputs(R"({"displayTimeUnit":"ns","traceEvents":[)", file);
  writer.ProcessName(kThreads, "threads");
  writer.ProcessName(kRequests, "requests");
  for (const uint32_t executor : executors) {
    writer.ThreadName(executor, name_of_executor(ExecutorId{static_cast<int>(executor)}));
  }
  for (const ReaderTrace& trace : traces) {
    for (const TracedPiece& piece : trace.pieces) writer.Execution(trace.reader, piece);
    WriteRequests(&writer, trace);
  }
  std::fprintf(file, "\n],\"otherData\":{\"start_ns\":%.0f}}\n",
               executors.empty() ? 0 : MonotonicNs(first_ticks, ticks_per_microsecond));
}

}  // namespace

absl::Status WriteTraceJson(const std::vector<ReaderTrace>& traces, const CommandTable& commands,
                            absl::FunctionRef<std::string(ExecutorId)> name_of_executor,
                            double ticks_per_microsecond, const std::string& path) {
  const std::string unfinished = absl::StrCat(path, ".", getpid());
  std::FILE* const file = std::fopen(unfinished.c_str(), "we");
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", unfinished));
  WriteEvents(file, traces, commands, name_of_executor, ticks_per_microsecond);
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) == 0 && !failed && std::rename(unfinished.c_str(), path.c_str()) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;
  std::remove(unfinished.c_str());
  return absl::ErrnoToStatus(error, absl::StrCat("cannot write ", path));
}

}  // namespace overtake
