// When the client of each descriptor last sent a request.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace overtake {

// For statistics, which look at the connections of all readers and may come when any of them ends.
// So it is kept by descriptor, outside of connections: there is one for the process, as there is
// one set of descriptors. Memory of 8 KB is allocated for 1,024 descriptors when one of them first
// has a connection, and stays.
class RequestTimes {
 public:
  static RequestTimes& OfProcess();

  // `ticks` as Ticks() says. The thread that has the connection. What is newer by less than
  // kGrainMicros need not be noted.
  void Note(int fd, uint64_t ticks);
  static constexpr int kGrainMicros = 100'000;

  // Any thread. 0 for descriptors that never had a connection.
  uint32_t SecondsSince(int fd) const;

 private:
  using Chunk = std::array<std::atomic<uint64_t>, 1024>;

  // Null if there is none: beyond what Linux allows a process, or without `make`.
  std::atomic<uint64_t>* Find(int fd, bool make);

  std::array<std::atomic<Chunk*>, 1024> chunks_ = {};
};

}  // namespace overtake
