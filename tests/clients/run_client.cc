#include "tests/clients/run_client.h"

#include <gtest/gtest.h>

#include "tests/support/modes.h"
#include "tests/support/server_process.h"

namespace overtake::tests {

void RunClient(const std::vector<std::string>& command) {
  constexpr int kSeconds = 60 * kPatience;
  const std::string& program = command.front();
  const Finished finished = RunToEnd(program, {command.begin() + 1, command.end()}, kSeconds);
  constexpr int kNotInstalled = 77;
  constexpr int kNoSuchProgram = 127;
  const bool no_program =
      finished.exit_code == kNoSuchProgram && finished.out.empty() && finished.err.empty();
  if (finished.exit_code == kNotInstalled || no_program) {
    GTEST_SKIP() << "\n*** NOT TESTED: " << program << " " << finished.err;
  }
  EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
}

}  // namespace overtake::tests
