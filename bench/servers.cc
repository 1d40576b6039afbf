#include "bench/servers.h"

#include <unistd.h>

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/modes.h"
#include "bench/program_path.h"

namespace overtake::bench {
namespace {

constexpr char kConnectionLimit[] = "4096";

}  // namespace

std::vector<std::string> AllServers() {
  std::vector<std::string> names = {std::string(kEcho), std::string(kStock)};
  for (const NamedMode& mode : AllModes()) names.push_back(mode.name);
  return names;
}

bool IsOvertake(absl::string_view name) { return name != kStock && name != kEcho; }

void ServerFlags::AddTo(CLI::App& command, const std::string& flag, bool with_echo) {
  with_echo_ = with_echo;
  std::vector<std::string> known = AllServers();
  if (!with_echo) std::erase(known, kEcho);
  command
      .add_option(
          flag, names,
          absl::StrCat(
              "Servers, separated by commas: modes of overtake, one with another policy, \"",
              kStock, "\" for the installed memcached",
              with_echo ? absl::StrCat(", \"", kEcho, "\" for the floor") : "",
              names.empty() ? " (default: all that are there)"
                            : absl::StrCat(" (default: ", absl::StrJoin(names, ","), ")")))
      ->delimiter(',')
      ->check(CLI::IsMember(known));
  command.add_option("--threads", threads, "Threads of each server (-t)")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--workers", workers, "Workers of overtake's modes (default: overtake's)")
      ->check(CLI::Range(0, 256));
  command.add_option("--port", port, "The first port to try")
      ->check(CLI::Range(1024, 65'000))
      ->capture_default_str();
}

void ServerFlags::AddTlsTo(CLI::App& command) {
  command
      .add_option("--tls", tls,
                  "Measure under TLS, with the certificate and the key in this PEM file")
      ->check(CLI::ExistingFile);
}

void ServerFlags::AddMemoryTo(CLI::App& command) {
  command.add_option("--memory", memory_mb, "Memory of each server in MB (-m)")
      ->check(CLI::Range(64, 65'536))
      ->capture_default_str();
}

absl::StatusOr<std::vector<ServerSpec>> ServerFlags::Find(std::vector<std::string>* missing) const {
  std::vector<std::string> wanted = names;
  if (wanted.empty()) {
    if (with_echo_ && tls.empty()) wanted.emplace_back(kEcho);
    wanted.emplace_back(kStock);
    for (const NamedMode& mode : AllModes()) {
      if (mode.policy == Policy::kFcfs) wanted.push_back(mode.name);
    }
  }
  std::vector<ServerSpec> found;
  for (const std::string& name : wanted) {
    absl::StatusOr<ServerSpec> spec = FindOne(name);
    if (spec.ok()) {
      found.push_back(*std::move(spec));
    } else if (names.empty()) {
      missing->push_back(name);
    } else {
      return spec.status();
    }
  }
  if (found.empty()) return absl::NotFoundError("there is no server to measure");
  return found;
}

absl::StatusOr<ServerSpec> ServerFlags::FindOne(const std::string& name) const {
  const std::string threads_text = absl::StrCat(threads);
  if (name == kEcho) {
    if (!tls.empty()) return absl::NotFoundError("the floor does not speak TLS");
    return ServerSpec{
        name, {OwnProgram().string(), "echo", "-p", "{port}", "-t", threads_text}, false};
  }
  std::vector<std::string> common = {
      "-p", "{port}", "-t", threads_text, "-m", absl::StrCat(memory_mb), "-c", kConnectionLimit};
  std::vector<std::string> argv;
  if (name == kStock) {
    argv = {FindInPath("memcached"), "-l", "127.0.0.1", "-U", "0"};
    if (argv[0].empty()) return absl::NotFoundError("no memcached is installed");
    if (geteuid() == 0) argv.insert(argv.end(), {"-u", "root"});
  } else {
    const std::string overtake = (OwnProgram().parent_path() / "overtake").string();
    if (access(overtake.c_str(), X_OK) != 0) {
      return absl::NotFoundError(absl::StrCat("there is no ", overtake));
    }
    if (const auto mode = FindMode(name); !mode.ok()) return mode.status();
    const std::pair<std::string, std::string> parts = absl::StrSplit(name, absl::MaxSplits('-', 1));
    argv = {overtake, absl::StrCat("--dispatch=", parts.first)};
    if (!parts.second.empty()) argv.push_back(absl::StrCat("--policy=", parts.second));
    if (workers.has_value()) argv.push_back(absl::StrCat("--workers=", *workers));
  }
  argv.insert(argv.end(), common.begin(), common.end());
  if (!tls.empty()) {
    argv.insert(argv.end(), {"-Z", "-o", absl::StrCat("ssl_chain_cert=", tls, ",ssl_key=", tls)});
  }
  return ServerSpec{name, std::move(argv), !tls.empty()};
}

}  // namespace overtake::bench
