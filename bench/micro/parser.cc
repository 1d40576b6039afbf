// What it costs to turn bytes into requests. Keys have 8 bytes, values 100.

#include "protocol/parser.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "protocol/request.h"
#include "server/commands/command_table.h"

namespace overtake {
namespace {

constexpr size_t kMaxItemBytes = 1 << 20;

std::string Key(int number) { return absl::StrFormat("k%07d", number); }

// Parses all requests in `stream`, splitting the keys of retrievals as execution would; returns the
// number of keys and requests seen, so that nothing is optimised away.
uint64_t ParseAll(RequestParser* parser, std::string_view stream) {
  uint64_t seen = 0;
  Request request;
  while (!stream.empty()) {
    size_t consumed = 0;
    if (parser->Next(stream, &request, &consumed) == RequestParser::Result::kRequest) {
      ++seen;
      std::string_view key;
      while (request.keys.Next(&key)) ++seen;
    } else if (consumed == 0) {
      return 0;
    }
    stream.remove_prefix(consumed);
  }
  return seen;
}

void Parse(benchmark::State& state, const std::string& stream, uint64_t requests) {
  RequestParser parser(&kCommandTable, kMaxItemBytes);
  for (auto _ : state) {
    const uint64_t seen = ParseAll(&parser, stream);
    if (seen < requests) state.SkipWithError("the stream was not parsed to its end");
    benchmark::DoNotOptimize(seen);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(requests));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(stream.size()));
}

void BM_ParseGet(benchmark::State& state) { Parse(state, absl::StrCat("get ", Key(1), "\r\n"), 1); }
BENCHMARK(BM_ParseGet);

void BM_ParseSet(benchmark::State& state) {
  Parse(state, absl::StrCat("set ", Key(1), " 0 0 100\r\n", std::string(100, 'v'), "\r\n"), 1);
}
BENCHMARK(BM_ParseSet);

// Items are requests here, keys in the next one.
void BM_ParsePipelinedGets(benchmark::State& state) {
  std::string stream;
  for (int i = 0; i < state.range(0); ++i) absl::StrAppend(&stream, "get ", Key(i), "\r\n");
  Parse(state, stream, static_cast<uint64_t>(state.range(0)));
}
BENCHMARK(BM_ParsePipelinedGets)->Arg(16);

void BM_ParseMultiget(benchmark::State& state) {
  std::string stream = "get";
  for (int i = 0; i < state.range(0); ++i) absl::StrAppend(&stream, " ", Key(i));
  Parse(state, stream + "\r\n", static_cast<uint64_t>(state.range(0)));
}
BENCHMARK(BM_ParseMultiget)->Arg(4000);

}  // namespace
}  // namespace overtake
