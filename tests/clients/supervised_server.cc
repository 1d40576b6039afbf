#include "tests/clients/supervised_server.h"

#include <chrono>
#include <utility>

namespace overtake::tests {

SupervisedServer::SupervisedServer(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), supervisor_([this] { Supervise(); }) {
  port_ = listens_on_.get_future().get();
}

int SupervisedServer::Stop() {
  stopping_ = true;
  if (supervisor_.joinable()) supervisor_.join();
  return exit_code_;
}

void SupervisedServer::Supervise() {
  const bool started = server_.Start(ServerBinary(), arguments_);
  listens_on_.set_value(started ? server_.port() : 0);
  while (!stopping_ && server_.running()) {
    int exit_code = 0;
    if (server_.HasEnded(&exit_code)) {
      if (exit_code_ == 0) exit_code_ = exit_code;
      server_.StartOn(server_.port(), ServerBinary(), arguments_);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const int exit_code = server_.Stop();
  if (exit_code_ == 0) exit_code_ = exit_code;
}

}  // namespace overtake::tests
