#include "tests/fuzz/differential/server_pair.h"

#include <sys/wait.h>

#include <csignal>
#include <iostream>
#include <utility>

#include "tests/support/memcached_version.h"

namespace overtake::tests {

ServerPair::ServerPair(Mode mode)
    : mode_(std::move(mode)),
      reference_is_old_(VersionOf(MemcachedBinary()) < MemcachedVersion{1, 6, 45}) {}

ServerPorts ServerPair::ports() const {
  return {reference_->port(), ours_->port(), reference_is_old_};
}

bool ServerPair::Restart() {
  if (!Stop()) return false;
  ServerOptions options;
  options.memory_mb = 1024;  // so that nothing is evicted
  reference_ = std::make_unique<ServerProcess>();
  ours_ = std::make_unique<ServerProcess>();
  const bool ours = ours_->Start(ServerBinary(), ServerArguments(mode_, options));
  // With several threads, a reply that one has just sent may still hold its items when the next
  // command comes to another, and memcached treats items that are held differently.
  options.threads = 1;
  // So it treats items that its background threads are just moving.
  options.more = {"-o", "no_lru_maintainer,no_lru_crawler"};
  return reference_->Start(MemcachedBinary(), MemcachedArguments(options)) && ours;
}

bool ServerPair::Stop() {
  reference_.reset();
  bool ended_well = true;
  if (ours_ != nullptr && ours_->running()) {
    const int code = ours_->Stop();
    ended_well = code == 0;
    if (!ended_well) {
      std::cerr << "the server ended with " << code << "\n" << ours_->Stderr() << "\n";
    }
  }
  ours_.reset();
  return ended_well;
}

bool ServerPair::alive() const {
  siginfo_t ended = {};
  const int asked =
      waitid(P_PID, static_cast<id_t>(ours_->pid()), &ended, WEXITED | WNOHANG | WNOWAIT);
  return asked == 0 && ended.si_pid == 0;
}

}  // namespace overtake::tests
