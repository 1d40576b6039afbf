// Preloaded into a server: its wall clock goes ahead of the system's by as many seconds as the file
// $OVERTAKE_WALL_OFFSET begins with, an int64_t that may change at any time. So nobody has to set
// the machine's clock to see what happens when somebody does.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile int64_t* offset = nullptr;

__attribute__((constructor)) void MapOffset() {
  const int fd = open(std::getenv("OVERTAKE_WALL_OFFSET"), O_RDONLY | O_CLOEXEC);
  void* const page = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (page == MAP_FAILED) std::abort();
  offset = static_cast<const int64_t*>(page);
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && clock == CLOCK_REALTIME && offset != nullptr) time->tv_sec += *offset;
  return result;
}

extern "C" int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}
