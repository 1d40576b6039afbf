// overtake-cli: one command from the command line, or a prompt.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli_command.h"
#include "client/cli_prompt.h"
#include "client/client.h"

namespace overtake::client {
namespace {

constexpr char kDefaultHost[] = "127.0.0.1";
constexpr int kDefaultPort = 11211;

// "host", "host:port", ":port", "[address]:port" or a bare IPv6 address.
absl::Status ParseServer(const std::string& server, std::string* host, int* port) {
  std::string port_text;
  const size_t colon = server.rfind(':');
  if (server[0] == '[') {
    const size_t bracket = server.find(']');
    if (bracket == std::string::npos) return absl::InvalidArgumentError("] is missing");
    *host = server.substr(1, bracket - 1);
    if (bracket + 1 < server.size() && colon == bracket + 1) port_text = server.substr(colon + 1);
  } else if (colon != std::string::npos && server.find(':') == colon) {
    *host = server.substr(0, colon);
    port_text = server.substr(colon + 1);
  } else {
    *host = server;
  }
  if (host->empty()) *host = kDefaultHost;
  *port = kDefaultPort;
  if (!port_text.empty() && !absl::SimpleAtoi(port_text, port)) {
    return absl::InvalidArgumentError(absl::StrCat("not a port: ", port_text));
  }
  return absl::OkStatus();
}

// The first line of the file, or the variable's value.
absl::StatusOr<std::string> Password(const std::string& path) {
  if (path.empty()) {
    const char* const value = std::getenv("OVERTAKE_PASSWORD");
    if (value != nullptr) return value;
    return absl::InvalidArgumentError("neither --password-file nor OVERTAKE_PASSWORD is given");
  }
  std::ifstream file(path);
  std::string password;
  if (!std::getline(file, password)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read a password from ", path));
  }
  return password;
}

int Fail(const absl::Status& status) {
  std::cerr << "error: " << status.message() << "\n";
  return kExitError;
}

int RunOnce(const CliPrompt::Connector& connect, const std::vector<std::string>& words) {
  absl::StatusOr<CliCommand> command = ParseCliCommand(words);
  if (!command.ok()) return Fail(command.status());
  if (command->NeedsValue()) {
    return Fail(absl::InvalidArgumentError("VALUE is missing ('-' reads standard input)"));
  }
  if (command->value == "-") {
    command->value.emplace(std::istreambuf_iterator<char>(std::cin),
                           std::istreambuf_iterator<char>());
  }
  absl::StatusOr<std::unique_ptr<Client>> client = connect();
  if (!client.ok()) return Fail(client.status());
  int result = RunCliCommand(**client, *command, std::cout, std::cerr);
  // Waits until the server has taken a noreply command, which closing at once might cut off.
  if ((*client)->usable()) (*client)->Quit().IgnoreError();
  std::cout.flush();
  return std::cout.good() ? result : kExitError;
}

int Main(int argc, char** argv) {
  std::string server = kDefaultHost;
  double timeout_seconds = 5;
  std::vector<std::string> words;
  CLI::App app("Talks to a memcached-compatible server. Without COMMAND it prompts for commands.",
               "overtake-cli");
  app.add_option("-s,--server", server, "host[:port]")->capture_default_str();
  app.add_option("--timeout", timeout_seconds, "for connecting and for each command, in seconds")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  std::string user, password_file;
  ClientOptions options;
  app.add_flag("--tls", options.tls.enabled, "speak TLS");
  app.add_option(
      "--ca", options.tls.ca_file,
      "PEM file of who may have signed the server's certificate (default: the system's)");
  app.add_option("--cert", options.tls.certificate_file, "PEM file of the client's certificate");
  app.add_option("--key", options.tls.key_file, "PEM file of its key, if not in the same");
  app.add_option("--user", user, "whom to authenticate as");
  app.add_option("--password-file", password_file,
                 "file of the password (default: the variable OVERTAKE_PASSWORD)");
  // What follows the first word that is no option is the command, dashes and all.
  app.prefix_command();
  app.footer("Commands:\n" + CliHelp() +
             "\nA VALUE of '-' is read from standard input.\n"
             "Exit status: 0; 1 after a miss, NOT_STORED, EXISTS or NOT_FOUND; 2 after an error.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitError;
  }
  words = app.remaining();

  std::string host;
  options.connect_timeout = options.io_timeout = absl::Seconds(timeout_seconds);
  int port;
  if (absl::Status status = ParseServer(server, &host, &port); !status.ok()) return Fail(status);
  const absl::StatusOr<std::string> password = Password(password_file);
  if (!user.empty() && !password.ok()) return Fail(password.status());
  const auto connect = [&]() -> absl::StatusOr<std::unique_ptr<Client>> {
    absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(host, port, options);
    if (!client.ok() || user.empty()) return client;
    // memcached's way: the first command is a set with any key.
    const auto stored = (*client)->Set("auth", absl::StrCat(user, " ", *password));
    if (!stored.ok()) return stored.status();
    return client;
  };
  if (!words.empty()) return RunOnce(connect, words);

  const bool typed = isatty(STDIN_FILENO) != 0;
  CliPrompt prompt(connect, typed ? absl::StrCat(host, ":", port, "> ") : "", std::cin, std::cout,
                   std::cerr);
  return prompt.Run();
}

}  // namespace
}  // namespace overtake::client

int main(int argc, char** argv) { return overtake::client::Main(argc, argv); }
