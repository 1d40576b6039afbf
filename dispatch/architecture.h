// A threading architecture: who listens, accepts, reads and works.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dispatch/handler.h"
#include "dispatch/options.h"
#include "dispatch/roles/acceptor.h"
#include "dispatch/roles/connection_limits.h"
#include "dispatch/roles/connection_memory.h"
#include "dispatch/roles/listener.h"
#include "dispatch/roles/reader.h"
#include "dispatch/roles/worker_pool.h"
#include "dispatch/thread_stats.h"

namespace overtake {

// A running architecture. Each has a file of its own under architectures/ that composes it from
// the roles; this base class owns the pieces, runs their threads and ends them.
class Architecture {
 public:
  // Binds, listens and starts the threads of options.mode; when it returns, clients can connect.
  // `handler` must outlive the result. Errors: what Listener::Open says; std::system_error and
  // std::bad_alloc where the system refuses a thread, a descriptor or memory, with nothing left
  // behind.
  static absl::StatusOr<std::unique_ptr<Architecture>> Start(const DispatchOptions& options,
                                                             RequestHandler* handler);

  // Use Start.
  Architecture(const DispatchOptions& options, RequestHandler* handler);
  // Ends the threads and closes all connections. Requests that have begun are finished.
  virtual ~Architecture();
  Architecture(const Architecture&) = delete;
  Architecture& operator=(const Architecture&) = delete;

  // For statistics; any thread.
  std::vector<const ThreadStats*> thread_stats() const;
  const ConnectionLimits& connections() const { return limits_; }
  const ConnectionMemory& memory() const { return memory_; }
  // Once a second, by one thread. What connections needed and need no more goes back to the system.
  void ReturnFreedMemory();
  std::optional<size_t> queue_depth() const;  // of the worker pool, if there is one
  const DispatchOptions& options() const { return options_; }
  std::string PortLines() const;  // see Listener

  // Writes what became of the latest requests to `path`, see WriteTraceJson; any thread. A
  // FailedPreconditionError when they are not traced.
  absl::Status WriteTrace(const std::string& path) const;

 protected:
  // Puts the roles together and starts their threads.
  virtual absl::Status Compose() = 0;

  // For Compose. A reader is named overtake-rd-<index>; with `pool`, its requests go there.
  absl::Status AddListener(bool share_port);
  Reader* AddReader(int index, WorkerPool* pool = nullptr, std::string role = "reader");
  WorkerPool* AddPool(WorkerPool::Kind kind = WorkerPool::Kind::kAll);
  Acceptor* AddAcceptor(EventLoop* loop, const Listener* listener, Acceptor::OnConnection accept);
  // Starts the threads of all readers added so far.
  void StartReaders();
  // Ends the threads of workers and readers. A subclass whose members they use calls it in its
  // destructor; twice is harmless.
  void StopThreads();

  // The order of members is that of destruction, backwards: acceptors leave their loops first.
  const DispatchOptions options_;
  RequestHandler* const handler_;
  ConnectionLimits limits_;
  ConnectionMemory memory_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::unique_ptr<WorkerPool> pool_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;

 private:
  std::vector<std::thread> reader_threads_;
};

// What a person chooses from.
struct ArchitectureInfo {
  Mode mode;
  std::string_view name;     // the value of --dispatch
  std::string_view after;    // the server it follows
  std::string_view diagram;  // some lines of text, each ending in '\n'
  std::unique_ptr<Architecture> (*make)(const DispatchOptions&, RequestHandler*);
};

// All modes, in the order in which they are shown.
const std::vector<ArchitectureInfo>& Architectures();
const ArchitectureInfo& InfoOf(Mode mode);

}  // namespace overtake
