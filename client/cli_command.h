#ifndef OVERTAKE_CLIENT_CLI_COMMAND_H_
#define OVERTAKE_CLIENT_CLI_COMMAND_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/client.h"

namespace overtake::client {

// The exit status of overtake-cli. Of several commands the worst counts.
inline constexpr int kExitOk = 0;
inline constexpr int kExitMiss = 1;   // A miss, NOT_STORED, EXISTS, NOT_FOUND.
inline constexpr int kExitError = 2;  // Usage, the connection, or the server's refusal.

struct CliCommandSpec;

// One command as a user typed it.
struct CliCommand {
  const CliCommandSpec* spec = nullptr;
  std::vector<std::string> arguments;  // Without the value.
  std::optional<std::string> value;    // Of a storage command.
  StoreOptions options;
  bool raw = false;
  // Storage commands in memcached's own form announce the length of a value that follows.
  std::optional<uint64_t> announced_bytes;

  // A storage command without its value cannot be run yet.
  bool NeedsValue() const;
};

// Understands "set k v --ttl 60" and also memcached's own "set k 0 60 1" (the value then follows).
// InvalidArgument: no such command, or it is used wrongly; the message says how to use it.
absl::StatusOr<CliCommand> ParseCliCommand(const std::vector<std::string>& words);

// Prints the result to `out`, or what was missing or failed to `err`. Returns an exit status.
// REQUIRES: !command.NeedsValue().
int RunCliCommand(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err);

// One line for each command.
std::string CliHelp();

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_CLI_COMMAND_H_
