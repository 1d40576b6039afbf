// A thread's name.
#pragma once

#include <pthread.h>

#include <string>

namespace overtake {

// Names the calling thread as `top -H` shows it; the kernel keeps 15 characters.
inline void SetThreadName(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace overtake
