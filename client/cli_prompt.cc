#include "client/cli_prompt.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace overtake::client {
namespace {

// The length of the quoted word at the front of `text`, quotes included; 0 if it has no end.
size_t QuotedLength(absl::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitWords(absl::string_view line) {
  std::vector<std::string> words;
  for (line = absl::StripLeadingAsciiWhitespace(line); !line.empty();
       line = absl::StripLeadingAsciiWhitespace(line)) {
    size_t length;
    std::string word;
    if (line[0] == '"') {
      length = QuotedLength(line);
      if (length == 0) return absl::InvalidArgumentError("a quote is not closed");
      std::string error;
      if (!absl::CUnescape(line.substr(1, length - 2), &word, &error)) {
        return absl::InvalidArgumentError(absl::StrCat("in quotes: ", error));
      }
    } else {
      length = std::min(line.find_first_of(" \t"), line.size());
      word = std::string(line.substr(0, length));
    }
    words.push_back(std::move(word));
    line.remove_prefix(length);
  }
  return words;
}

CliPrompt::CliPrompt(Connector connect, std::string prompt, std::istream& in, std::ostream& out,
                     std::ostream& err)
    : connect_(std::move(connect)), prompt_(std::move(prompt)), in_(in), out_(out), err_(err) {}

int CliPrompt::Run() {
  int worst = kExitOk;
  std::string line;
  while (true) {
    out_ << prompt_ << std::flush;
    if (!ReadLine(&line)) {
      if (!prompt_.empty()) out_ << "\n";
      break;
    }
    const absl::string_view stripped = absl::StripAsciiWhitespace(line);
    if (stripped == "quit" || stripped == "exit") break;
    if (!stripped.empty()) worst = std::max(worst, RunLine(stripped));
  }
  if (client_ != nullptr && client_->usable()) client_->Quit().IgnoreError();
  return worst;
}

int CliPrompt::RunLine(absl::string_view line) {
  if (line == "help") {
    out_ << CliHelp()
         << "  help, quit\n\n"
            "A value may also follow on a line of its own. \"Quotes\" keep blanks, with \\n, \\\"\n"
            "and \\x00 for bytes.\n";
    return kExitOk;
  }
  const absl::StatusOr<std::vector<std::string>> words = SplitWords(line);
  if (!words.ok()) return Fail(words.status());
  absl::StatusOr<CliCommand> command = ParseCliCommand(*words);
  if (!command.ok()) return Fail(command.status());
  if (command->NeedsValue()) {
    std::string value;
    if (!ReadLine(&value)) return Fail(absl::InvalidArgumentError("the value is missing"));
    if (command->announced_bytes.value_or(value.size()) != value.size()) {
      return Fail(absl::InvalidArgumentError(
          absl::StrCat("the value has ", value.size(), " bytes, not ", *command->announced_bytes)));
    }
    command->value = std::move(value);
  }
  return RunCommand(*std::move(command));
}

int CliPrompt::RunCommand(CliCommand command) {
  if (client_ == nullptr || !client_->usable()) {
    absl::StatusOr<std::unique_ptr<Client>> client = connect_();
    if (!client.ok()) return Fail(client.status());
    client_ = *std::move(client);
  }
  return RunCliCommand(*client_, command, out_, err_);
}

bool CliPrompt::ReadLine(std::string* line) {
  if (!std::getline(in_, *line)) return false;
  if (!line->empty() && line->back() == '\r') line->pop_back();
  return true;
}

int CliPrompt::Fail(const absl::Status& status) {
  err_ << "error: " << status.message() << "\n";
  return kExitError;
}

}  // namespace overtake::client
