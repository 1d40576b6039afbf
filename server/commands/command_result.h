// What became of a command on an item.
#pragma once

#include <cstdint>
#include <string_view>

namespace overtake {

enum class CommandResult : uint8_t {
  kDone,
  kNotStored,   // add: there is an item; replace, append, prepend: none, or it would be too large
  kExists,      // the item has another CAS unique than the command wants
  kNotFound,    // there is no item
  kNotANumber,  // incr, decr, ma: the item's value is none
  kTooLarge,    // of the value that came, no item may be made
  kNoMemory,
};

// Lines that classic and meta commands have in common.
inline constexpr std::string_view kNotANumberLine =
    "CLIENT_ERROR cannot increment or decrement non-numeric value";
inline constexpr std::string_view kNoMemoryLine = "SERVER_ERROR out of memory";
inline constexpr std::string_view kNoMemoryToStoreLine =
    "SERVER_ERROR out of memory storing object";
inline constexpr std::string_view kNoMemoryToReplyLine =
    "SERVER_ERROR out of memory writing get response";

}  // namespace overtake
