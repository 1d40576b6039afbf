// What makes a hash of keys another one at each start.
#pragma once

#include <cstdint>

namespace overtake {

// A number that nobody can guess, from the system's source of random bytes. Where the system
// refuses (a seccomp filter may), one made of the time and of where the process's memory lies.
uint64_t RandomHashSeed();

}  // namespace overtake
