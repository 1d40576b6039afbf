// Base64 as memcached reads and writes it: how meta commands carry keys of arbitrary bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace overtake {

// Decodes `text` (RFC 4648, section 4) to `out`, which has room for 3 bytes for every 4 of `text`,
// and returns the number of bytes; 0 when `text` cannot be decoded or holds nothing. As lenient as
// memcached, since its clients may rely on that: bytes outside the alphabet are skipped, bits that
// padding leaves over are ignored, and what follows a padded group is not looked at. The number of
// bytes of the alphabet, padding included, must be a multiple of 4.
size_t DecodeBase64(std::string_view text, char* out);

// Encodes with padding, without line breaks, at `out`, which has room for 4 bytes for every 3 begun
// of `bytes`; returns the end.
char* EncodeBase64(std::string_view bytes, char* out);

}  // namespace overtake
