#include "server/flag_checks.h"

#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace overtake {

CLI::Validator Whole(int64_t least, int64_t most) {
  const std::string range = absl::StrCat("INT in [", least, " - ", most, "]");
  return CLI::Validator(
      [=](std::string& text) {
        int64_t number = 0;
        if (!absl::SimpleAtoi(text, &number) || number < least || number > most) {
          return absl::StrCat("\"", text, "\" is no number from ", least, " to ", most);
        }
        text = absl::StrCat(number);
        return std::string();
      },
      range);
}

CLI::Validator WithoutLeadingBlanks() {
  return CLI::Validator(
      [](std::string& text) {
        text = std::string(absl::StripLeadingAsciiWhitespace(text));
        return std::string();
      },
      "");
}

CLI::Validator Something(absl::string_view what) {
  const std::string missing = absl::StrCat(what, " is missing");
  return CLI::Validator(
      [=](const std::string& text) { return text.empty() ? missing : std::string(); }, "");
}

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

}  // namespace overtake
