#include "server/flags.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dispatch/architecture.h"
#include "server/extended_options.h"
#include "server/flag_checks.h"
#include "version.h"

namespace overtake {
namespace {

constexpr size_t kMinItemBytes = 1024;

std::string Diagrams() {
  std::string text = "\nArchitectures (--dispatch):\n";
  for (const ArchitectureInfo& info : Architectures()) {
    absl::StrAppend(&text, "\n", std::string(info.name), " (after ", std::string(info.after),
                    ")\n\n", std::string(info.diagram));
  }
  return text;
}

// Options as they were given, before they are checked and put where they belong.
struct Given {
  uint64_t megabytes = 64;
  std::string item_size = "1m";
  std::vector<std::string> listen;
  std::string unix_socket;
  std::string unix_mask = "700";
  int udp_port = 0;
  std::string protocol = "auto";
  std::vector<std::string> extended;
  bool no_evictions = false;
  bool no_flush = false;
  bool no_cas = false;
  bool no_dump = false;
  bool no_watch = false;
  std::string prefix_delimiter;
  bool license = false;
};

void AddNetworkOptions(CLI::App& app, Given* given, DispatchOptions* dispatch) {
  app.add_option("-p,--port", dispatch->port,
                 "TCP port to listen on; 0: none, -1: any that is free")
      ->transform(Whole(-1, 65535))
      ->capture_default_str();
  app.add_option("-l,--listen", given->listen,
                 "addresses to listen on, separated by commas: host, host:port, [v6]:port, "
                 "* for all interfaces, unix:path (default: all interfaces); with -Z, "
                 "notls:<address> is without TLS, btls:<address> asks no client for a certificate, "
                 "mtls:<address> asks each; also proto[ascii]:<address> and tag[x]:<address>")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("-s,--unix-socket", given->unix_socket,
                 "UNIX socket to listen on, instead of the network")
      ->check(Something("a path"));
  app.add_option("-a,--unix-mask", given->unix_mask, "its permissions, in octal")
      ->capture_default_str();
  app.add_option("-U,--udp-port", given->udp_port, "UDP port; only 0, which is none")
      ->transform(Whole(-1, 65535));
  app.add_option("-B,--protocol", given->protocol, "ascii or auto: the binary one is not spoken")
      ->capture_default_str();
  app.add_option("-b,--listen-backlog", dispatch->backlog, "length of the kernel's accept queue")
      ->transform(Whole(0, 1 << 20))
      ->capture_default_str();
  app.add_option("-c,--conn-limit", dispatch->max_connections, "simultaneous connections at most")
      ->transform(Whole(1, 10'000'000))
      ->capture_default_str();
}

void AddStoreOptions(CLI::App& app, Given* given, StoreOptions* store, Tuning* tuning) {
  app.add_option("-m,--memory-limit", given->megabytes, "item memory in megabytes")
      ->transform(Whole(1, 1 << 24))
      ->capture_default_str();
  app.add_option("-I,--max-item-size", given->item_size, "largest item, 1k to 1024m and half of -m")
      ->capture_default_str();
  app.add_flag("-M,--disable-evictions", given->no_evictions,
               "refuse to store when memory is full, instead of evicting");
  app.add_flag("-C,--disable-cas", given->no_cas, "show every CAS unique as 0; cas never stores");
  app.add_flag("-L,--enable-largepages", store->huge_pages,
               "ask the system for huge pages for items");
  app.add_option("-f,--slab-growth-factor", tuning->growth_factor, "without effect")
      ->check(CLI::Range(1.0001, 1e6));
  app.add_option("-n,--slab-min-size", tuning->chunk_size, "without effect")
      ->transform(Whole(1, 1 << 20));
}

void AddProcessOptions(CLI::App& app, Given* given, Settings* settings) {
  app.add_flag("-d,--daemon", settings->daemonize, "run in the background");
  app.add_option("-P,--pidfile", settings->pid_file, "file for the process's id")
      ->check(Something("a path"));
  app.add_option("-u,--user", settings->user, "user to become, when started as root")
      ->check(Something("a user"));
  app.add_flag("-r,--enable-coredumps", settings->core_dumps, "let a crash write all of its core");
  app.add_flag("-k,--lock-memory", settings->lock_memory, "keep all memory from being paged out");
  app.add_flag("-v,--verbose", settings->verbosity,
               "log connections; twice: also commands and the first lines of their replies");
  app.add_flag("-i,--license", given->license, "say whose work this is, and end");
}

void AddCommandOptions(CLI::App& app, Given* given, Settings* settings) {
  app.add_flag("-A,--enable-shutdown", settings->shutdown_allowed,
               "let clients end the server by the command shutdown");
  app.add_flag("-F,--disable-flush-all", given->no_flush, "refuse flush_all");
  app.add_flag("-X,--disable-dumping", given->no_dump,
               "refuse stats cachedump and detail, lru_crawler metadump and mgdump");
  app.add_flag("-W,--disable-watch", given->no_watch, "refuse watch");
  app.add_option("-D", given->prefix_delimiter,
                 "character that ends a key's prefix, for stats detail, which is on from the start "
                 "then (default: a colon)");
  app.add_flag(
      "--enable-debug-commands", settings->debug_commands,
      "allow debugtime, which moves and pauses the server's clock, and debug, whose requests "
      "take as long as they are asked to: for tests and measurements");
  app.add_option(
         "--trace-requests", settings->dispatch.trace_requests,
         "keep the times of so many of the latest requests of each reader, in 64 bytes each, "
         "for the command debug trace")
      ->transform(Whole(0, 10'000'000))
      ->capture_default_str();
  app.add_option("--trace-file", settings->trace_file,
                 "what debug trace writes: JSON for Perfetto and chrome://tracing")
      ->capture_default_str();
  app.add_option(
         "-o,--extended", given->extended,
         "memcached's further options: idle_timeout=<seconds>, [no_]maxconns_fast, "
         "[no_]lru_crawler, watcher_logbuf_size=<KB>, resp_obj_mem_limit=<MB> and "
         "read_buf_mem_limit=<MB> for replies and requests under way; those that concern slabs or "
         "LRU lists are accepted and have no effect. Our own: ssl_handshake_timeout=<seconds>")
      ->take_all()
      ->allow_extra_args(false);
}

void AddSecurityOptions(CLI::App& app, Settings* settings) {
  app.add_flag("-Z,--enable-ssl", settings->tls_enabled,
               "speak TLS on all TCP ports but those of -l notls:<address>; needs -o "
               "ssl_chain_cert=<file>, and takes all the ssl_* that memcached does");
  app.add_option("-Y,--auth-file", settings->auth_file,
                 "clients must authenticate themselves; a file of lines user:password")
      ->check(Something("a file"));
}

void AddDispatchOptions(CLI::App& app, DispatchOptions* dispatch) {
  std::map<std::string, Mode> modes;
  for (const ArchitectureInfo& info : Architectures()) {
    modes.emplace(std::string(info.name), info.mode);
  }
  app.add_option("-t,--threads", dispatch->threads,
                 "readers: threads that hold connections (one in the modes node and ramcloud)")
      ->transform(Whole(1, 1024))
      ->capture_default_str();
  app.add_option("-R,--max-reqs-per-event", dispatch->requests_per_turn,
                 "requests of one connection executed before the next one's turn")
      ->transform(Whole(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--dispatch", dispatch->mode, "threading architecture, see below")
      ->transform(CLI::CheckedTransformer(modes).description(""))
      ->type_name("MODE")
      ->option_text("MODE (overtake)");
  app.add_option(
         "--workers", dispatch->workers,
         "threads that execute requests for the readers, in the modes overtake (heavy ones; "
         "default: half the cores), ramcloud and nginx (default: 4); 0, but in ramcloud: "
         "none")
      ->transform(Whole(0, 1024));
  app.add_option(
         "--heavy-micros", dispatch->heavy_micros,
         "what a request must be expected to take, in microseconds, to go to the pool (mode "
         "overtake) or to be heavy for its --policy and its worker's priority")
      ->transform(Whole(1, 10'000'000))
      ->capture_default_str();
  const std::map<std::string, Policy> policies = {
      {"fcfs", Policy::kFcfs}, {"reserve", Policy::kReserve}, {"size", Policy::kSize}};
  app.add_option(
         "--policy", dispatch->policy,
         "of ramcloud's workers: fcfs: any has any request, first come first served; "
         "reserve: a quarter, at least one, is kept for light requests; size: a quarter, at "
         "least one, has all heavy requests and the others all light ones")
      ->transform(CLI::CheckedTransformer(policies).description(""))
      ->type_name("POLICY")
      ->option_text("POLICY (fcfs)");
  app.add_option("--poll-micros", dispatch->poll_micros,
                 "how long an idle worker polls before it sleeps (default: by the number of cores)")
      ->transform(Whole(0, 1'000'000));
}

absl::Status ApplyListen(const CLI::App& app, const Given& given, Settings* settings) {
  std::vector<ListenAddress>& addresses = settings->dispatch.addresses;
  for (const std::string& value : given.listen) {
    for (absl::string_view text : absl::StrSplit(value, absl::ByAnyChar(",;"))) {
      absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
      if (!address.ok()) {
        return absl::InvalidArgumentError(absl::StrCat("-l: ", address.status().message()));
      }
      if (address->tls != ListenTls::kDefault && !settings->tls_enabled) {
        return absl::InvalidArgumentError(absl::StrCat("-l: '", text.substr(0, text.find(':')),
                                                       "' is valid only when SSL is enabled (-Z)"));
      }
      addresses.push_back(*std::move(address));
    }
  }
  // CLI11 has notations of its own for an empty list.
  if (app.count("-l") > 0 && addresses.empty()) {
    return absl::InvalidArgumentError("-l: there is no address");
  }
  // As in memcached, a UNIX socket takes the network's place, whatever -l says.
  if (!given.unix_socket.empty()) {
    addresses = {{.text = given.unix_socket, .path = given.unix_socket}};
  }
  return absl::OkStatus();
}

absl::Status ApplyNetwork(const Given& given, DispatchOptions* dispatch) {
  if (given.udp_port != 0) {
    return absl::InvalidArgumentError("-U: UDP is not supported; only 0 is accepted");
  }
  if (given.protocol == "binary") {
    return absl::InvalidArgumentError("-B: the binary protocol is not supported");
  }
  if (given.protocol != "ascii" && given.protocol != "auto") {
    return absl::InvalidArgumentError(
        absl::StrCat("-B: ", given.protocol, " is none of auto, binary and ascii"));
  }
  char* end = nullptr;
  const long mask = std::strtol(given.unix_mask.c_str(), &end, 8);
  if (given.unix_mask.empty() || *end != '\0' || mask < 0 || mask > 0777) {
    return absl::InvalidArgumentError(
        absl::StrCat("-a: ", given.unix_mask, " is not an octal number up to 777"));
  }
  dispatch->unix_mask = static_cast<int>(mask);
  return absl::OkStatus();
}

absl::Status ApplyStore(const Given& given, Settings* settings) {
  DispatchOptions& dispatch = settings->dispatch;
  settings->store.memory_bytes = given.megabytes << 20;
  settings->store.evict = !given.no_evictions;
  if (!ParseSize(given.item_size, &dispatch.max_item_bytes) ||
      dispatch.max_item_bytes < kMinItemBytes || dispatch.max_item_bytes > kMaxItemBytes) {
    return absl::InvalidArgumentError("-I: the item size limit must be from 1k to 1024m");
  }
  if (dispatch.max_item_bytes > settings->store.memory_bytes / 2) {
    return absl::InvalidArgumentError(
        "-I: the item size limit must be at most half of the memory limit (-m)");
  }
  constexpr size_t kMinBuffers = 16 << 20;
  dispatch.reply_memory_bytes = std::max(kMinBuffers, settings->store.memory_bytes / 4);
  dispatch.input_memory_bytes = dispatch.reply_memory_bytes;
  return absl::OkStatus();
}

absl::Status Apply(const CLI::App& app, const Given& given, Settings* settings) {
  if (absl::Status status = ApplyNetwork(given, &settings->dispatch); !status.ok()) return status;
  if (absl::Status status = ApplyListen(app, given, settings); !status.ok()) return status;
  if (absl::Status status = ApplyStore(given, settings); !status.ok()) return status;
  if (settings->dispatch.mode == Mode::kRamcloud && settings->dispatch.workers == 0) {
    return absl::InvalidArgumentError("--workers: the mode ramcloud needs at least 1");
  }
  if (settings->dispatch.policy != Policy::kFcfs && WorkerCount(settings->dispatch) < 2) {
    return absl::InvalidArgumentError("--policy: reserve and size need at least 2 workers");
  }
  settings->flush_allowed = !given.no_flush;
  settings->dump_allowed = !given.no_dump;
  settings->watch_allowed = !given.no_watch;
  settings->store.cas = !given.no_cas;
  if (app.count("-D") > 0) {
    if (given.prefix_delimiter.empty()) {
      return absl::InvalidArgumentError("-D: a character is missing");
    }
    settings->prefix_delimiter = given.prefix_delimiter.front();  // as in memcached, the first
    settings->detail = true;
  }
  for (const char* option : {"-f", "-n"}) {
    if (app.count(option) > 0) settings->without_effect.emplace_back(option);
  }
  for (const std::string& value : given.extended) {
    if (absl::Status status = ParseExtendedOptions(value, settings); !status.ok()) return status;
  }
  if (absl::Status status = CheckTuning(settings->tuning); !status.ok()) return status;
  if (settings->tls_enabled && settings->dispatch.port == 0) {
    return absl::InvalidArgumentError("ERROR: You cannot enable SSL without a TCP port.");
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<int> ParseFlags(int argc, const char* const* argv, Settings* settings) {
  CLI::App app(
      "overtake: a cache server that speaks memcached's text protocol, with a choice of threading "
      "architectures",
      "overtake");
  // As with getopt, of an option that was given again the last one counts.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.footer(Diagrams());
  app.set_version_flag("-V,--version", absl::StrCat("overtake ", kVersion));
  Given given;
  AddNetworkOptions(app, &given, &settings->dispatch);
  AddStoreOptions(app, &given, &settings->store, &settings->tuning);
  AddDispatchOptions(app, &settings->dispatch);
  AddCommandOptions(app, &given, settings);
  AddSecurityOptions(app, settings);
  AddProcessOptions(app, &given, settings);
  for (CLI::Option* option : app.get_options()) option->transform(WithoutLeadingBlanks());
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EX_OK : EX_USAGE;
  }
  if (given.license) {
    std::printf("overtake %s\n", kVersion);
    return EX_OK;
  }
  if (const absl::Status status = Apply(app, given, settings); !status.ok()) {
    std::fprintf(stderr, "overtake: %s\n", std::string(status.message()).c_str());
    return EX_USAGE;
  }
  return std::nullopt;
}

}  // namespace overtake
