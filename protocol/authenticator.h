// Who may use the server.
#pragma once

#include <string_view>

namespace overtake {

// Knows users and their passwords. Any thread.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  virtual bool Accepts(std::string_view user, std::string_view password) const = 0;
};

}  // namespace overtake
