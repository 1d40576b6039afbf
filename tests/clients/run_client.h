// Running a client's script from a test.
#pragma once

#include <string>
#include <vector>

namespace overtake::tests {

// The path of a script of this folder.
inline std::string Script(const std::string& name) { return OVERTAKE_CLIENT_SCRIPTS "/" + name; }

// Runs `command`, a program and its arguments. The test fails, with what the program said, if that
// does not exit with 0, and is skipped if the program is not there or exits with 77: its client is
// not installed.
void RunClient(const std::vector<std::string>& command);

}  // namespace overtake::tests
