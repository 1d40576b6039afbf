#pragma once

#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/server_process.h"

namespace overtake::bench {

// Names of servers that can be put under test:
//   one of AllModes    the `overtake` binary beside this one, in that mode; with a policy only
//   where
//                      asked for
//   stock              the memcached that is installed
//   echo               the floor, `overtake-bench echo`
inline constexpr absl::string_view kStock = "stock";
inline constexpr absl::string_view kEcho = "echo";

// The names of all, in the order in which they are shown.
std::vector<std::string> AllServers();

// Whether it is the `overtake` binary.
bool IsOvertake(absl::string_view name);

// The flags that say which servers to start and how, the same for every server of a comparison.
struct ServerFlags {
  std::vector<std::string> names;  // empty: all that are there, with no policy
  int threads = 2;
  std::optional<int> workers;  // Overtake only; unset: its default
  int memory_mb = 1024;
  std::string tls;   // a PEM file with a certificate and its key; "": no TLS
  int port = 32100;  // the first one tried

  // `flag` is the name of the list's flag ("--modes"); `with_echo` lets the list name the floor.
  // Adds all flags but for memory_mb's.
  void AddTo(CLI::App& command, const std::string& flag, bool with_echo);
  void AddMemoryTo(CLI::App& command);
  // Adds the flag for servers that speak TLS; for commands whose load does, too.
  void AddTlsTo(CLI::App& command);

  // How to start them. A NotFoundError when a server that was asked for by name is missing, or
  // none is there at all; `*missing` gets what was left out of the default list.
  absl::StatusOr<std::vector<ServerSpec>> Find(std::vector<std::string>* missing) const;

 private:
  absl::StatusOr<ServerSpec> FindOne(const std::string& name) const;

  bool with_echo_ = false;
};

}  // namespace overtake::bench
