#pragma once

#include <filesystem>
#include <string>

namespace overtake::bench {

// Where this program's own file is.
std::filesystem::path OwnProgram();

// The full name of an executable that is in $PATH, or "".
std::string FindInPath(const std::string& program);

}  // namespace overtake::bench
