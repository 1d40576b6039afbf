#include "server/flags.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dispatch/architecture.h"
#include "version.h"

namespace overtake {
namespace {

constexpr size_t kMinItemBytes = 1024;
constexpr size_t kMaxItemBytes = 1024ULL * 1024 * 1024;

std::string Diagrams() {
  std::string text = "\nArchitectures (--dispatch):\n";
  for (const ArchitectureInfo& info : Architectures()) {
    absl::StrAppend(&text, "\n", std::string(info.name), " (after ", std::string(info.after),
                    ")\n\n", std::string(info.diagram));
  }
  return text;
}

// "1m", "512k", "2097152".
bool ParseSize(std::string text, size_t* bytes) {
  size_t unit = 1;
  if (!text.empty()) {
    const char last = static_cast<char>(std::tolower(text.back()));
    if (last == 'k') unit = 1024;
    if (last == 'm') unit = 1024UL * 1024;
    if (last == 'g') unit = 1024UL * 1024 * 1024;
    if (unit > 1) text.pop_back();
  }
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > kMaxItemBytes) return false;
  *bytes = number * unit;
  return true;
}

}  // namespace

std::optional<int> ParseFlags(int argc, const char* const* argv, Settings* settings) {
  DispatchOptions& dispatch = settings->dispatch;
  CLI::App app(
      "overtake: a cache server that speaks memcached's text protocol, with a choice of threading "
      "architectures",
      "overtake");
  app.footer(Diagrams());
  app.set_version_flag("-V,--version", absl::StrCat("overtake ", kVersion));

  std::map<std::string, Mode> modes;
  for (const ArchitectureInfo& info : Architectures()) {
    modes.emplace(std::string(info.name), info.mode);
  }
  uint64_t megabytes = 64;
  std::string item_size = "1m";
  std::vector<std::string> listen;
  int udp_port = 0;
  app.add_option("-p,--port", dispatch.port, "TCP port to listen on")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("-l,--listen", listen,
                 "addresses to listen on, host or host:port, separated by commas (default: all)")
      ->take_all();
  app.add_option("-U,--udp-port", udp_port, "UDP port; only 0, which is none");
  app.add_option("-m,--memory-limit", megabytes, "item memory in megabytes")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 24))
      ->capture_default_str();
  app.add_option("-I,--max-item-size", item_size, "largest item, 1k to 1024m and half of -m")
      ->capture_default_str();
  app.add_option("-c,--conn-limit", dispatch.max_connections, "simultaneous connections at most")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("-t,--threads", dispatch.threads,
                 "readers: threads that hold connections (one in the modes node and ramcloud)")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("-R,--max-reqs-per-event", dispatch.requests_per_turn,
                 "requests of one connection executed before the next one's turn")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("-b,--listen-backlog", dispatch.backlog, "length of the kernel's accept queue")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_flag("-v,--verbose", settings->verbosity, "say more; again for still more");
  app.add_option("--dispatch", dispatch.mode, "threading architecture, see below")
      ->transform(CLI::CheckedTransformer(modes).description(""))
      ->type_name("MODE")
      ->option_text("MODE (memcached)");
  app.add_option("--workers", dispatch.workers,
                 "threads that execute requests for the readers, in the modes ramcloud and nginx "
                 "(nginx: 0 for none)")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--poll-micros", dispatch.poll_micros,
                 "how long an idle worker polls before it sleeps (default: by the number of cores)")
      ->check(CLI::Range(0, 1'000'000));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EX_OK : EX_USAGE;
  }
  const auto refuse = [](const std::string& why) {
    std::fprintf(stderr, "overtake: %s\n", why.c_str());
    return EX_USAGE;
  };
  if (udp_port != 0) return refuse("-U: UDP is not supported; only 0 is accepted");
  if (dispatch.mode == Mode::kRamcloud && dispatch.workers < 1) {
    return refuse("--workers: the mode ramcloud needs at least 1");
  }
  settings->store.memory_bytes = megabytes << 20;
  if (!ParseSize(item_size, &dispatch.max_item_bytes) || dispatch.max_item_bytes < kMinItemBytes ||
      dispatch.max_item_bytes > kMaxItemBytes) {
    return refuse("-I: the item size limit must be from 1k to 1024m");
  }
  if (dispatch.max_item_bytes > settings->store.memory_bytes / 2) {
    return refuse("-I: the item size limit must be at most half of the memory limit (-m)");
  }
  settings->store.max_item_bytes = dispatch.max_item_bytes;
  for (const std::string& value : listen) {
    for (absl::string_view address : absl::StrSplit(value, ',', absl::SkipEmpty())) {
      dispatch.addresses.emplace_back(address);
    }
  }
  return std::nullopt;
}

}  // namespace overtake
