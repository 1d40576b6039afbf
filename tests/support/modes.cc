#include "tests/support/modes.h"

#include <unistd.h>

#include <cstdlib>

namespace overtake::tests {

const std::vector<Mode>& AllModes() {
  static const std::vector<Mode> modes = {
      {"node", {"--dispatch=node"}},
      {"memcached", {"--dispatch=memcached"}},
      {"ramcloud", {"--dispatch=ramcloud", "--workers=2"}},
      {"nginx", {"--dispatch=nginx", "--workers=2"}},
      {"nginx_inline", {"--dispatch=nginx", "--workers=0"}},
      {"reuseport", {"--dispatch=reuseport"}},
      {"overtake", {"--dispatch=overtake", "--workers=2", "--heavy-micros=5"}},
  };
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
