// Assertions of the fuzzers.
#pragma once

#include <cstdio>
#include <cstdlib>

// Ends the process, which is how a fuzzer is told of a finding, when `condition` does not hold.
#define OVERTAKE_CHECK(condition)                                                  \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)
