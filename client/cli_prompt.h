#ifndef OVERTAKE_CLIENT_CLI_PROMPT_H_
#define OVERTAKE_CLIENT_CLI_PROMPT_H_

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli_command.h"
#include "client/client.h"

namespace overtake::client {

// Splits at blanks. "double quotes" keep blanks, and \n, \" or \x00 in them stand for bytes.
absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view line);

// Reads commands from `in`, one a line, until its end or `quit`, and runs each. A storage command
// may have its value on the line below. Connects when first needed and again after a failure.
class CliPrompt {
 public:
  using Connector = std::function<absl::StatusOr<std::unique_ptr<Client>>()>;

  // `prompt` is shown before each command; empty when nobody types.
  CliPrompt(Connector connect, std::string prompt, std::istream& in, std::ostream& out,
            std::ostream& err);

  // Returns the worst exit status of the commands.
  int Run();

 private:
  int RunLine(absl::string_view line);
  int RunCommand(CliCommand command);
  // Reads a line without its end into `line`; false at the end of the input.
  bool ReadLine(std::string* line);
  int Fail(const absl::Status& status);

  const Connector connect_;
  const std::string prompt_;
  std::istream& in_;
  std::ostream& out_;
  std::ostream& err_;
  std::unique_ptr<Client> client_;
};

}  // namespace overtake::client

#endif  // OVERTAKE_CLIENT_CLI_PROMPT_H_
