// What /proc says about a process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace overtake::tests {

std::string ReadWholeFile(const std::string& path);

size_t RssBytesOf(pid_t pid);
double CpuSecondsOf(pid_t pid);
std::vector<std::string> ThreadNamesOf(pid_t pid);  // sorted

// What the process's descriptors point to ("socket:[123]", "/dev/null", ...).
std::vector<std::string> DescriptorsOf(pid_t pid);

// Inodes of the IPv4 sockets that listen on `port`, whoever they belong to.
std::set<std::string> ListenersOn(int port);

// The TCP ports that a process listens on, of IPv4 and IPv6.
std::set<int> ListeningPortsOf(pid_t pid);

}  // namespace overtake::tests
