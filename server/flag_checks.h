// What an option's argument must be like.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace overtake {

// A whole number. Decimal as in memcached, where CLI11 by itself takes -p 011211 for octal.
CLI::Validator Whole(int64_t least, int64_t most);

// As in memcached, blanks before an option's argument do not belong to it.
CLI::Validator WithoutLeadingBlanks();

// An option with nothing in it is as a rule a variable that was not set, in somebody's script.
CLI::Validator Something(absl::string_view what);

inline constexpr size_t kMaxItemBytes = 1024ULL * 1024 * 1024;

// "1m", "512k", "2097152". False if it is none, or its number is above kMaxItemBytes.
bool ParseSize(std::string text, size_t* bytes);

}  // namespace overtake
