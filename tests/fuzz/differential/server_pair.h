// The two servers that are compared.
#pragma once

#include <memory>
#include <string>

#include "tests/fuzz/differential/exchange.h"
#include "tests/support/server_process.h"

namespace overtake::tests {

// A memcached (modes.h), and the server under test in one mode.
class ServerPair {
 public:
  explicit ServerPair(Mode mode);

  // Starts both, in place of those that run. False, with a message on standard error, if one does
  // not come up or the one under test did not end well.
  bool Restart();
  // Ends both; false if the one under test does not end with exit code 0.
  bool Stop();

  bool alive() const;  // the one under test
  ServerPorts ports() const;
  const Mode& mode() const { return mode_; }

 private:
  const Mode mode_;
  const bool reference_is_old_;  // it reads storage lines in its own way
  std::unique_ptr<ServerProcess> reference_, ours_;
};

}  // namespace overtake::tests
