// Which memcached there is to compare with.
#pragma once

#include <compare>
#include <string>

namespace overtake::tests {

struct MemcachedVersion {
  int major = 0, minor = 0, patch = 0;  // none: 0.0.0

  std::string text() const;
  auto operator<=>(const MemcachedVersion&) const = default;
};

// Of a text that begins with one, like "1.6.45".
MemcachedVersion ParseMemcachedVersion(const std::string& text);

// What `binary` says of itself; none if it cannot be run.
MemcachedVersion VersionOf(const std::string& binary);

}  // namespace overtake::tests
