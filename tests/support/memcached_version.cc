#include "tests/support/memcached_version.h"

#include <cstdio>

#include "tests/support/server_process.h"

namespace overtake::tests {

std::string MemcachedVersion::text() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

MemcachedVersion ParseMemcachedVersion(const std::string& text) {
  MemcachedVersion version;
  std::sscanf(text.c_str(), "%d.%d.%d", &version.major, &version.minor, &version.patch);
  return version;
}

MemcachedVersion VersionOf(const std::string& binary) {
  const std::string name = "memcached ";
  const std::string said = RunToEnd(binary, {"-V"}).out;
  return said.starts_with(name) ? ParseMemcachedVersion(said.substr(name.size()))
                                : MemcachedVersion();
}

}  // namespace overtake::tests
