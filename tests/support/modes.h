// The architectures that every test of behaviour runs against, and which binary is tested.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace overtake::tests {

struct Mode {
  std::string name;                // suffix of the test's name
  std::vector<std::string> flags;  // what selects it on the server's command line
};

inline std::ostream& operator<<(std::ostream& out, const Mode& mode) { return out << mode.name; }

// Every mode a behaviour must hold in: dispatch's architectures, in its order, and nginx without
// workers. With few workers and, in mode overtake, many heavy requests, so that all paths are
// taken.
const std::vector<Mode>& AllModes();

// The server under test: the one built beside the tests, or $OVERTAKE_SERVER.
std::string ServerBinary();

// $OVERTAKE_SERVER names memcached: the tests are being checked against the original. Flags that
// memcached does not know are left out, and what is ours alone is skipped.
bool TestingMemcached();

// The memcached to compare with: $MEMCACHED, or the one that is installed; "" if there is none.
std::string MemcachedBinary();

// Sanitizers multiply time and memory; bounds on both are widened or dropped.
#ifdef OVERTAKE_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// What generous time limits are multiplied with.
constexpr int kPatience = kSanitized ? 5 : 1;

}  // namespace overtake::tests
