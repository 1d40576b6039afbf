// What one command line says.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "protocol/command_table.h"
#include "protocol/request.h"

namespace overtake {

// Fills *request from `line`, without its line end. What is wrong with the line makes it a kInvalid
// with memcached's error. Returns the length of the data block (without "\r\n") that follows a
// storage command, whose request->value is the caller's to set; of one that is a kInvalid, too,
// where the length could be read: the caller must not take that block for commands.
std::optional<size_t> ParseCommandLine(const CommandTable& commands, std::string_view line,
                                       Request* request);

// Fills *request with `command`, a get or gets, for more keys of a line whose beginning was
// executed.
void ParseKeys(Command command, std::string_view keys, Request* request);

// Of the commands that they are named after, set for add, replace, append and prepend too, incr for
// decr.
CommandParser ParseGet, ParseGat, ParseSet, ParseCas, ParseDelete, ParseIncr, ParseTouch;
CommandParser ParseFlushAll, ParseVerbosity, ParseCacheMemlimit, ParseShutdown;
// Of those that have no more than a name; arguments for who executes them; the same, and noreply as
// the last of them.
CommandParser ParseName, ParseText, ParseTextNoreply;

}  // namespace overtake
