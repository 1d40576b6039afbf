// What glibc does around system calls that are cancellation points (recv, send, epoll_wait).
#pragma once

#include <pthread.h>

namespace overtake {

// For a thread that nobody cancels, once, when it begins. glibc marks a thread with several others
// beside it as cancellable at once before such a call and takes the mark back after it, each with
// an atomic exchange (nptl/cancellation.c); one that says it always is so is spared both. That it
// cannot be cancelled at all makes that safe.
inline void RefuseCancellation() {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
}

}  // namespace overtake
