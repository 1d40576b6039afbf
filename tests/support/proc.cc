#include "tests/support/proc.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace overtake::tests {
namespace {

std::string ProcPath(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

struct TcpListener {
  int port;
  std::string inode;
};

// The listening sockets of the kernel's table at `path`.
std::vector<TcpListener> ListenersIn(const char* path) {
  std::vector<TcpListener> listeners;
  std::ifstream table(path);
  std::string line;
  std::getline(table, line);  // column titles
  while (std::getline(table, line)) {
    unsigned local_port = 0, state = 0;
    char inode[32] = "";
    // sl local remote st tx:rx tr:when retransmits uid timeout inode
    const int fields = std::sscanf(
        line.c_str(), " %*d: %*[0-9A-F]:%4x %*[0-9A-F]:%*4x %2x %*x:%*x %*x:%*x %*x %*d %*d %31s",
        &local_port, &state, inode);
    constexpr unsigned kListen = 0x0A;
    if (fields == 3 && state == kListen) listeners.push_back({static_cast<int>(local_port), inode});
  }
  return listeners;
}

}  // namespace

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

size_t RssBytesOf(pid_t pid) {
  std::istringstream statm(ReadWholeFile(ProcPath(pid, "statm")));
  size_t total_pages = 0, resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

double CpuSecondsOf(pid_t pid) {
  const std::string stat = ReadWholeFile(ProcPath(pid, "stat"));
  // Field 2, the name, may hold spaces: count fields from behind its closing parenthesis.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field <= 13; field++) fields >> skipped;
  double user_ticks = 0, system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::vector<std::string> ThreadNamesOf(pid_t pid) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(ProcPath(pid, "task"), error)) {
    std::string name = ReadWholeFile(task.path() / "comm");
    if (!name.empty() && name.back() == '\n') name.pop_back();
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> DescriptorsOf(pid_t pid) {
  std::vector<std::string> targets;
  std::error_code error;
  for (const auto& fd : std::filesystem::directory_iterator(ProcPath(pid, "fd"), error)) {
    std::error_code gone;  // closed while we looked
    const auto target = std::filesystem::read_symlink(fd.path(), gone);
    if (!gone) targets.push_back(target.string());
  }
  return targets;
}

std::set<std::string> ListenersOn(int port) {
  std::set<std::string> inodes;
  for (const TcpListener& listener : ListenersIn("/proc/net/tcp")) {
    if (listener.port == port) inodes.insert(listener.inode);
  }
  return inodes;
}

std::set<int> ListeningPortsOf(pid_t pid) {
  const auto descriptors = DescriptorsOf(pid);
  std::set<int> ports;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    for (const TcpListener& listener : ListenersIn(table)) {
      const std::string target = "socket:[" + listener.inode + "]";
      if (std::find(descriptors.begin(), descriptors.end(), target) != descriptors.end()) {
        ports.insert(listener.port);
      }
    }
  }
  return ports;
}

}  // namespace overtake::tests
