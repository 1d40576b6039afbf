#include "bench/memory/trace_format.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/pipeline.h"
#include "client/reply.h"

namespace overtake::bench {
namespace {

constexpr size_t kMaxKeyBytes = 250;
constexpr uint64_t kMaxTtl = 30ULL * 24 * 3600;
constexpr uint64_t kMaxRepeat = 1'000'000'000;
constexpr size_t kShownBytes = 60;  // of a field that an error quotes

struct NamedOperation {
  absl::string_view name;
  TraceRequest::Op op;
};
constexpr NamedOperation kOperations[] = {
    {"get", TraceRequest::Op::kGet},       {"gets", TraceRequest::Op::kGet},
    {"get_lease", TraceRequest::Op::kGet}, {"gat", TraceRequest::Op::kGet},
    {"gats", TraceRequest::Op::kGet},      {"read", TraceRequest::Op::kGet},
    {"write", TraceRequest::Op::kGet},     {"28", TraceRequest::Op::kGet},
    {"2a", TraceRequest::Op::kGet},        {"set", TraceRequest::Op::kSet},
    {"set_lease", TraceRequest::Op::kSet}, {"add", TraceRequest::Op::kSet},
    {"replace", TraceRequest::Op::kSet},   {"cas", TraceRequest::Op::kSet},
    {"append", TraceRequest::Op::kSet},    {"prepend", TraceRequest::Op::kSet},
    {"incr", TraceRequest::Op::kSet},      {"decr", TraceRequest::Op::kSet},
    {"delete", TraceRequest::Op::kDelete},
};

const NamedOperation* FindOperation(absl::string_view field) {
  for (const NamedOperation& operation : kOperations) {
    if (absl::EqualsIgnoreCase(field, operation.name)) return &operation;
  }
  return nullptr;
}

bool IsNumber(absl::string_view field) {
  double number;
  return absl::SimpleAtod(field, &number);
}

std::string Shown(absl::string_view field) {
  return absl::StrCat("\"", field.substr(0, kShownBytes), field.size() > kShownBytes ? "..." : "",
                      "\"");
}

absl::Status ParseCount(absl::string_view name, absl::string_view field, uint64_t maximum,
                        uint64_t* count) {
  const bool digits =
      !field.empty() && std::all_of(field.begin(), field.end(), absl::ascii_isdigit);
  // SimpleAtoi fails for what 64 bits do not hold.
  if (digits && absl::SimpleAtoi(field, count) && *count <= maximum) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " ", Shown(field), " is not a number from 0 to ", maximum));
}

}  // namespace

std::optional<TraceLineParser::Columns> TraceLineParser::ColumnsOfHeader(
    const std::vector<absl::string_view>& names) {
  Columns columns;
  const struct {
    size_t* column;
    std::vector<absl::string_view> names;
  } known[] = {{&columns.key, {"key", "obj", "obj_id", "object", "lbn"}},
               {&columns.size, {"size", "obj_size", "value_size"}},
               {&columns.ttl, {"ttl"}},
               {&columns.op, {"op", "operation"}},
               {&columns.op_count, {"op_count"}},
               {&columns.key_size, {"key_size"}},
               {&columns.time, {"time", "op_time", "timestamp"}}};
  for (size_t i = 0; i < names.size(); ++i) {
    for (const auto& entry : known) {
      for (absl::string_view name : entry.names) {
        if (*entry.column == kNone && absl::EqualsIgnoreCase(names[i], name)) *entry.column = i;
      }
    }
  }
  if (columns.key == kNone || columns.size == kNone) return std::nullopt;
  return columns;
}

std::optional<TraceLineParser::Columns> TraceLineParser::ColumnsOfFormat(absl::string_view format) {
  if (format == "plain") {
    return Columns{.key = 0, .size = 1, .ttl = 2, .spaces = true, .ttl_optional = true};
  }
  if (format == "twitter") {
    return Columns{.key = 1, .size = 3, .ttl = 6, .op = 5, .key_size = 2, .time = 0};
  }
  if (format == "meta") {
    return Columns{
        .key = 0, .size = 2, .ttl = 5, .op = 1, .op_count = 3, .key_size = 4, .ttl_optional = true};
  }
  if (format == "oracle") return Columns{.key = 1, .size = 2, .time = 0};
  return std::nullopt;
}

std::string TraceLineParser::Recognise(const std::vector<absl::string_view>& fields, bool commas) {
  const size_t count = fields.size();
  if (!commas) return count == 2 || count == 3 ? "plain" : "";
  if (count == 7 && FindOperation(fields[5]) != nullptr) return "twitter";
  if ((count == 5 || count == 6) && FindOperation(fields[1]) != nullptr) return "meta";
  if ((count == 3 || count == 4) && IsNumber(fields[0]) && IsNumber(fields[2])) return "oracle";
  return "";
}

absl::StatusOr<TraceLineParser> TraceLineParser::Make(absl::string_view format,
                                                      absl::string_view first_line,
                                                      bool* is_request) {
  const bool commas =
      format == "auto" ? first_line.find(',') != absl::string_view::npos : format != "plain";
  TraceLineParser parser{Columns{.spaces = !commas}};
  parser.Split(commas ? absl::StripPrefix(first_line, "#") : first_line);
  if (commas) {
    const std::optional<Columns> header = ColumnsOfHeader(parser.fields_);
    if (header.has_value()) {
      *is_request = false;
      return TraceLineParser(*header);
    }
  }
  *is_request = true;
  const std::optional<Columns> columns =
      ColumnsOfFormat(format == "auto" ? Recognise(parser.fields_, commas) : std::string(format));
  if (columns.has_value()) return TraceLineParser(*columns);
  return absl::InvalidArgumentError(
      absl::StrCat("no known form of trace: ", Shown(first_line), " (--format can name it)"));
}

bool TraceLineParser::Skips(absl::string_view line) const {
  line = absl::StripAsciiWhitespace(line);
  return line.empty() || (columns_.spaces && line.front() == '#');
}

void TraceLineParser::Split(absl::string_view line) {
  fields_.clear();
  if (columns_.spaces) {
    for (absl::string_view field :
         absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
      fields_.push_back(field);
    }
  } else {
    for (absl::string_view field : absl::StrSplit(line, ',')) {
      fields_.push_back(absl::StripAsciiWhitespace(field));
    }
  }
}

absl::StatusOr<TraceLineParser::Line> TraceLineParser::Parse(absl::string_view line,
                                                             TraceRequest* request) {
  Split(line);
  size_t needed = 0;
  for (const size_t column : {columns_.key, columns_.size, columns_.op, columns_.op_count,
                              columns_.key_size, columns_.time}) {
    if (column != kNone) needed = std::max(needed, column + 1);
  }
  if (columns_.ttl != kNone && !columns_.ttl_optional) needed = std::max(needed, columns_.ttl + 1);
  if (fields_.size() < needed) {
    return absl::InvalidArgumentError(
        absl::StrCat(fields_.size(), " fields where there should be ", needed));
  }
  if (columns_.spaces && fields_.size() > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat(fields_.size(), " fields where there should be 2 or 3"));
  }
  if (absl::Status status = ParseKey(&request->key); !status.ok()) return status;
  uint64_t bytes = 0, ttl = 0, repeat = 1;
  absl::Status status = ParseCount("size", Field(columns_.size), client::kMaxValueBytes, &bytes);
  // An empty TTL says what 0 says; some writers leave it out.
  if (status.ok() && Has(columns_.ttl) && !Field(columns_.ttl).empty()) {
    status = ParseCount("TTL", Field(columns_.ttl), std::numeric_limits<uint64_t>::max(), &ttl);
  }
  if (status.ok() && columns_.op_count != kNone) {
    status = ParseCount("op_count", Field(columns_.op_count), kMaxRepeat, &repeat);
  }
  if (!status.ok()) return status;
  request->value_bytes = static_cast<uint32_t>(bytes);
  request->ttl_s = static_cast<uint32_t>(std::min(ttl, kMaxTtl));
  if (status = ParseOperation(request); !status.ok()) return status;

  Line parsed{.repeat = static_cast<uint32_t>(repeat)};
  if (columns_.time == kNone) return parsed;
  const absl::string_view time = Field(columns_.time);
  if (!absl::SimpleAtod(time, &parsed.time) || !std::isfinite(parsed.time)) {
    return absl::InvalidArgumentError(absl::StrCat("time ", Shown(time), " is not a number"));
  }
  return parsed;
}

absl::Status TraceLineParser::ParseKey(std::string* key) const {
  const absl::string_view field = Field(columns_.key);
  if (absl::Status status = client::CheckKey(field); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("key ", Shown(field), " is not 1 to ", kMaxKeyBytes,
                     " bytes without white space and control characters"));
  }
  key->assign(field.data(), field.size());
  if (columns_.key_size == kNone) return absl::OkStatus();
  uint64_t size = 0;
  absl::Status status =
      ParseCount("key size", Field(columns_.key_size), std::numeric_limits<uint32_t>::max(), &size);
  if (status.ok() && size > key->size()) key->resize(std::min(size, kMaxKeyBytes), '.');
  return status;
}

absl::Status TraceLineParser::ParseOperation(TraceRequest* request) const {
  request->op = TraceRequest::Op::kGet;
  request->fill = true;
  if (columns_.op == kNone) return absl::OkStatus();
  const NamedOperation* const operation = FindOperation(Field(columns_.op));
  if (operation == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("operation ", Shown(Field(columns_.op)), " is not known"));
  }
  request->op = operation->op;
  request->fill = request->value_bytes > 0;
  return absl::OkStatus();
}

}  // namespace overtake::bench
