#include "base/thread_slice.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace overtake {
namespace {

// struct sched_attr of sched_setattr(2), which glibc 2.36 does not declare.
struct SchedulingAttributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;  // nanoseconds
  uint64_t deadline;
  uint64_t period;
};

}  // namespace

bool SetTimeSlice(int micros) {
  errno = 0;
  const int nice = getpriority(PRIO_PROCESS, 0);  // on Linux, of the calling thread
  if (errno != 0) return false;
  SchedulingAttributes attributes = {};
  attributes.size = sizeof(attributes);
  attributes.policy = SCHED_OTHER;
  attributes.nice = nice;
  attributes.runtime = static_cast<uint64_t>(micros) * 1000;
  return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0;
}

void LowerPriority() {
  setpriority(PRIO_PROCESS, 0, kHeavyNice);  // on Linux, of the calling thread
}

}  // namespace overtake
