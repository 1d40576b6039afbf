#include "bench/machine.h"

#include <sched.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <array>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "bench/commit.h"

namespace overtake::bench {
namespace {

std::string CpuModel() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (absl::StartsWith(line, "model name")) {
      return std::string(absl::StripAsciiWhitespace(line.substr(line.find(':') + 1)));
    }
  }
  return "unknown CPU";
}

int UsableCores() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 0;
}

std::string Kernel() {
  utsname name;
  return uname(&name) == 0 ? absl::StrCat(name.sysname, " ", name.release) : "unknown kernel";
}

std::string MemcachedVersion() {
  std::array<char, 128> line{};
  FILE* pipe = popen("memcached -V 2>/dev/null", "r");
  if (pipe == nullptr) return "none";
  const bool any = fgets(line.data(), line.size(), pipe) != nullptr;
  pclose(pipe);
  if (!any) return "none";
  absl::string_view version = absl::StripAsciiWhitespace(line.data());
  absl::ConsumePrefix(&version, "memcached ");
  return std::string(version);
}

}  // namespace

nlohmann::json MachineJson() {
  return {{"cpu", CpuModel()},
          {"cores", UsableCores()},
          {"kernel", Kernel()},
          {"memcached", MemcachedVersion()},
          {"commit", kCommit}};
}

std::string MachineLine() {
  return absl::StrCat(CpuModel(), ", ", UsableCores(), " cores, ", Kernel(), ", memcached ",
                      MemcachedVersion(), ", commit ", kCommit);
}

}  // namespace overtake::bench
