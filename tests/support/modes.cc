#include "tests/support/modes.h"

#include <unistd.h>

#include <cstdlib>

#include "dispatch/architecture.h"

namespace overtake::tests {

const std::vector<Mode>& AllModes() {
  static const std::vector<Mode> modes = [] {
    std::vector<Mode> all;
    for (const ArchitectureInfo& info : Architectures()) {
      const std::string name(info.name), dispatch = "--dispatch=" + name;
      all.push_back({name, {dispatch, "--workers=2"}});
      if (info.mode == overtake::Mode::kNginx) {
        all.push_back({name + "_inline", {dispatch, "--workers=0"}});
      }
      if (info.mode == overtake::Mode::kOvertake) all.back().flags.emplace_back("--heavy-micros=5");
    }
    return all;
  }();
  return modes;
}

std::string ServerBinary() {
  const char* chosen = std::getenv("OVERTAKE_SERVER");
  return chosen != nullptr && *chosen != '\0' ? chosen : OVERTAKE_SERVER_BINARY;
}

bool TestingMemcached() {
  const std::string binary = ServerBinary();
  const size_t slash = binary.rfind('/');
  return binary.substr(slash == std::string::npos ? 0 : slash + 1) == "memcached";
}

std::string MemcachedBinary() {
  const char* chosen = std::getenv("MEMCACHED");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  for (const char* path : {"/usr/bin/memcached", "/usr/local/bin/memcached"}) {
    if (access(path, X_OK) == 0) return path;
  }
  return "";
}

}  // namespace overtake::tests
