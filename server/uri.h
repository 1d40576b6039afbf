// Keys in the lines of dumps and logs.
#pragma once

#include <string>
#include <string_view>

namespace overtake {

// Appends `key` percent-encoded (RFC 3986, section 2.1): all but letters, digits and -._~.
void AppendUriEncoded(std::string_view key, std::string* out);

}  // namespace overtake
