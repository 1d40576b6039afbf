// Log lines about connections that the server ends.
#pragma once

#include <string_view>

namespace overtake {

// Logs that the connection `fd`, still open, is closed, with its client's address and why. Any
// thread. A client that connects often to be thrown out cannot fill a disk: beyond kMaxLinesASecond
// lines are only counted.
void LogClosing(int fd, std::string_view why);

inline constexpr int kMaxLinesASecond = 10;

}  // namespace overtake
