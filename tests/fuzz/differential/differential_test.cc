// A small part of what differential_fuzz does, the same with every run.

#include <gtest/gtest.h>

#include <iostream>

#include "tests/fuzz/differential/differential_run.h"
#include "tests/support/modes.h"
#include "tests/support/server_test.h"

namespace overtake::tests {
namespace {

class DifferentialTest : public ::testing::TestWithParam<Mode> {};

TEST_P(DifferentialTest, RandomStreamsAreAnsweredAsByMemcached) {
  if (MemcachedBinary().empty()) {
    GTEST_SKIP() << "\n*** memcached IS NOT INSTALLED: NOTHING TO COMPARE WITH ***";
  }
  const DifferentialOptions options = {.commands = 20'000, .give_up_after = 1};
  const DifferentialResult result =
      RunDifferential(GetParam(), options, [](const DifferentialResult&) {});
  for (const std::string& text : result.differences) ADD_FAILURE() << text;
  for (const std::string& text : result.not_repeated) ADD_FAILURE() << "once only: " << text;
  EXPECT_TRUE(result.servers_ended_well);
  std::cout << "compared: " << result.counts.commands << " commands\n";
}

OVERTAKE_IN_EVERY_MODE(DifferentialTest);

}  // namespace
}  // namespace overtake::tests
