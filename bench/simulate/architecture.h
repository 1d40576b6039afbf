#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bench/simulate/cores.h"
#include "bench/simulate/fifo.h"
#include "bench/simulate/options.h"
#include "bench/simulate/request.h"
#include "bench/simulate/worker_pool.h"

namespace overtake::bench::simulate {

// A threading architecture as a queueing system. A subclass, one file each, adds its threads and
// says in Begin who reads a request and who executes it; what these steps are is the same for all:
//
//   read here, executed here     turn: read + execute + send a portion -> send portions ...
//   read here, executed by pool  read + hand over -> [pool] execute + give back -> send portions
//   ...
//
// A connection has one request under way at a time; what else it has sent waits in its socket.
// (The server takes what has arrived of a pipeline as one job. Here every request is read and sent
// by itself, so nothing gets cheaper under overload.)
class Architecture {
 public:
  // `answered` is called when a request's reply was sent, on the thread that sent it.
  Architecture(const Options& options, Cores* cores, std::function<void(Request*)> answered);
  virtual ~Architecture() = default;

  // The request has arrived in the server's socket.
  void Arrive(Request* request);

  // `thread`, one of this architecture's, has done `work`.
  void WorkDone(Thread* thread, const Work& work);

  // The thread that every request passes, if there is one.
  virtual const Thread* dispatcher() const { return nullptr; }

 protected:
  // `request` is next of its connection.
  virtual void Begin(Request* request) = 0;

  // Threads whose short requests pass through; Rank::kUrgent where the mode has a pool.
  void AddReaders(int count, Rank rank);
  Thread* ReaderAt(size_t index) const { return readers_[index % readers_.size()]; }
  void AddPool(Policy policy = Policy::kFcfs);
  bool has_pool() const { return pool_ != nullptr; }

  void RunHere(Thread* reader, Request* request);
  void RunInPool(Thread* reader, Request* request);

  const Options& options_;

 private:
  struct Connection {
    bool busy = false;
    Fifo<Request*> waiting;
  };

  double ReadUs(const Request& request) const;
  // What the next portion costs; takes it off request->unsent_kb.
  double TakePortion(Request* request) const;
  void Sent(Request* request);

  const Costs& costs_;
  Cores* const cores_;
  const std::function<void(Request*)> answered_;
  std::vector<Thread*> readers_;
  std::unique_ptr<WorkerPool> pool_;
  std::vector<Connection> connections_;
};

// `options` outlives the architecture.
std::unique_ptr<Architecture> MakeArchitecture(const Options& options, Cores* cores,
                                               std::function<void(Request*)> answered);

}  // namespace overtake::bench::simulate
