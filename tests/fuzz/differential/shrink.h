// Failing streams, made small.
#pragma once

#include <cstddef>
#include <functional>

#include "tests/fuzz/differential/stream.h"

namespace overtake::tests {

// Leaves out of a stream that fails whatever it still fails without: steps, commands, cuts and
// connections ("delta debugging", Zeller and Hildebrandt, TSE 2002, without its complements).
// Commands stay whole: with bytes left out of them they would soon fail for another reason. Asks
// `fails` at most `attempts` times.
Stream Shrink(Stream stream, size_t attempts, const std::function<bool(const Stream&)>& fails);

}  // namespace overtake::tests
