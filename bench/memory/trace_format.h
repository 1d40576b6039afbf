#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/memory/request.h"

namespace overtake::bench {

// The forms of trace that can be read, one request a line:
//   plain    key size [ttl], separated by white space; lines that begin with # are comments
//   twitter  timestamp,key,key size,value size,client id,operation,TTL
//            (github.com/twitter/cache-trace)
//   meta     key,op,size,op_count,key_size[,ttl] (CacheLib's kvcache traces)
//   oracle   time,obj,size[,...] (libCacheSim)
//   auto     by the first line: what its fields look like, or, in a CSV file, their names in a
//            header in any order, which goes for later forms of Meta's and libCacheSim's traces:
//            key|obj|obj_id|object|lbn, size|obj_size|value_size, ttl, op|operation, op_count,
//            key_size, time|op_time|timestamp
// A CSV file may begin with a header in every form; it then decides the order of the columns.
inline constexpr absl::string_view kTraceFormats[] = {"auto", "plain", "twitter", "meta", "oracle"};

// Turns lines of one trace into requests. What the fields become:
//   operations  get and its kin are look-aside; delete is one; whatever else writes is a set. Reads
//               and writes of a block trace (read, write, SCSI's 28 and 2a) are look-aside.
//   sizes       up to 1 GB. A look-aside get of size 0, where there are operations, is no item of
//               no bytes but one that the traced cache did not have: on a miss nothing is stored,
//               the set that did follow is in the trace.
//   key size    a shorter key is filled up to it with dots, to 250 bytes at most
//   TTLs        seconds, cut to 30 days, beyond which the protocol reads a point in time
class TraceLineParser {
 public:
  // Takes the first line of a trace. `*is_request` says whether it is also its first request,
  // rather than a header. REQUIRES: `format` is one of kTraceFormats.
  // InvalidArgument: no form fits the line.
  static absl::StatusOr<TraceLineParser> Make(absl::string_view format,
                                              absl::string_view first_line, bool* is_request);

  // Whether the line holds no request: it is empty or a comment.
  bool Skips(absl::string_view line) const;

  struct Line {
    double time = 0;      // seconds, from wherever the trace counts; 0 where it says nothing
    uint32_t repeat = 1;  // how many requests of this kind follow one another
  };
  // REQUIRES: !Skips(line). All of `*request` is written, but for due_s.
  // InvalidArgument, without the number of the line, for one that breaks the form.
  absl::StatusOr<Line> Parse(absl::string_view line, TraceRequest* request);

 private:
  static constexpr size_t kNone = std::numeric_limits<size_t>::max();
  // Where a line has what.
  struct Columns {
    size_t key = kNone;
    size_t size = kNone;
    size_t ttl = kNone;
    size_t op = kNone;
    size_t op_count = kNone;
    size_t key_size = kNone;
    size_t time = kNone;
    bool spaces = false;        // separated by white space rather than commas
    bool ttl_optional = false;  // lines may be shorter by the TTL
  };

  explicit TraceLineParser(const Columns& columns) : columns_(columns) {}
  static std::optional<Columns> ColumnsOfHeader(const std::vector<absl::string_view>& names);
  static std::optional<Columns> ColumnsOfFormat(absl::string_view format);
  static std::string Recognise(const std::vector<absl::string_view>& fields, bool commas);

  void Split(absl::string_view line);
  absl::string_view Field(size_t column) const { return fields_[column]; }
  bool Has(size_t column) const { return column < fields_.size(); }
  absl::Status ParseKey(std::string* key) const;
  absl::Status ParseOperation(TraceRequest* request) const;

  Columns columns_;
  std::vector<absl::string_view> fields_;  // of the line being parsed
};

}  // namespace overtake::bench
