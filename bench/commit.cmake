# Writes OUTPUT, a header that names the commit of SOURCE_DIR. Run at every build; the file is
# touched only when the commit has changed, so that nothing is compiled again without need.
execute_process(COMMAND git describe --always --dirty --abbrev=10
                WORKING_DIRECTORY ${SOURCE_DIR}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#pragma once

namespace overtake::bench {

inline constexpr char kCommit[] = "@commit@";

}  // namespace overtake::bench
]] @ONLY)
