// A server that is started again when it ends, as an init system does.
#pragma once

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/server_process.h"

namespace overtake::tests {

// Runs the server under test on one port until Stop. A client ends it with `shutdown`; the next
// one, which is empty, is then there within some hundredths of a second.
class SupervisedServer {
 public:
  // `arguments` must allow `shutdown` (-A). Returns when the server listens; port() is 0, and the
  // test has failed, if it does not come up.
  explicit SupervisedServer(std::vector<std::string> arguments);
  ~SupervisedServer() { Stop(); }
  SupervisedServer(const SupervisedServer&) = delete;
  SupervisedServer& operator=(const SupervisedServer&) = delete;

  int port() const { return port_; }

  // Ends the server for good. Returns its exit code as ServerProcess::Stop does; the first one that
  // is not 0, if it had been started more than once.
  int Stop();

 private:
  void Supervise();

  const std::vector<std::string> arguments_;
  ServerProcess server_;  // the supervisor's: a server dies with the thread that started it
  int exit_code_ = 0;     // written by the supervisor, read when it has ended
  std::promise<int> listens_on_;
  std::atomic<bool> stopping_{false};
  std::thread supervisor_;
  int port_ = 0;
};

}  // namespace overtake::tests
