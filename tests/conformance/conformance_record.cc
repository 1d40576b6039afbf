// conformance_record: writes down what a memcached answers to the corpus.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "CLI/CLI.hpp"
#include "tests/conformance/records.h"
#include "tests/support/printable.h"
#include "tests/support/server_process.h"

namespace overtake::tests {
namespace {

// Those that do not affect others first.
std::vector<const Stream*> InOrder(const std::vector<Stream>& corpus) {
  std::vector<const Stream*> streams;
  for (const Stream& stream : corpus) streams.push_back(&stream);
  std::stable_partition(streams.begin(), streams.end(), [](const Stream* s) { return !s->alone; });
  return streams;
}

std::vector<Reply> RecordFrom(const std::string& binary,
                              const std::vector<const Stream*>& streams) {
  ServerOptions options;
  options.memory_mb = 1024;  // so that nothing is evicted between a stream's set and its get
  ServerProcess memcached;
  if (!memcached.Start(binary, MemcachedArguments(options))) throw std::runtime_error("no server");
  return Record(memcached.port(), streams);
}

// Twice; true if the replies were the same.
bool RecordTwice(const std::string& binary, const std::vector<const Stream*>& streams,
                 std::vector<Reply>* replies) {
  *replies = RecordFrom(binary, streams);
  const std::vector<Reply> again = RecordFrom(binary, streams);
  for (size_t i = 0; i < streams.size(); i++) {
    if ((*replies)[i] == again[i]) continue;
    std::cerr << streams[i]->name << " is answered differently from time to time by " << binary
              << ":\n  " << Printable((*replies)[i].after.back()) << "\n  "
              << Printable(again[i].after.back()) << "\n";
  }
  return *replies == again;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Asks a memcached every stream of tests/conformance/corpus, and writes its replies to "
      "tests/conformance/recorded. Asks Debian's memcached 1.6.18, too, and marks what it answers "
      "otherwise.");
  std::string binary, older = "/usr/bin/memcached", folder = OVERTAKE_RECORDS;
  app.add_option("memcached", binary, "To be recorded")->required()->check(CLI::ExistingFile);
  app.add_option("--1.6.18", older, "Where that version is")
      ->capture_default_str()
      ->check(CLI::ExistingFile);
  app.add_option("--folder", folder, "To write to")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (VersionOf(older) != MemcachedVersion{1, 6, 18}) {
    std::cerr << older << " is no memcached 1.6.18\n";
    return 2;
  }

  const std::vector<Stream> corpus = LoadCorpus(OVERTAKE_CORPUS);
  const std::vector<const Stream*> streams = InOrder(corpus);
  std::vector<Reply> replies, older_replies;
  const bool stable = RecordTwice(binary, streams, &replies);
  if (!RecordTwice(older, streams, &older_replies) || !stable) return 1;
  Records records = {.version = VersionOf(binary), .entries = {}};
  for (size_t i = 0; i < streams.size(); i++) {
    records.entries[streams[i]->name] = {replies[i], replies[i] != older_replies[i]};
  }
  std::filesystem::create_directories(folder);
  for (const auto& [name, text] : RecordFiles(records, corpus)) {
    std::ofstream(std::filesystem::path(folder) / name) << text;
  }
  std::cout << streams.size() << " streams recorded from memcached " << records.version.text()
            << "\n";
  return 0;
}

}  // namespace
}  // namespace overtake::tests

int main(int argc, char** argv) { return overtake::tests::Main(argc, argv); }
