// The acceptor: holds a listening socket and accepts connections.
#pragma once

#include <event2/event.h>

#include <functional>
#include <memory>
#include <vector>

#include "dispatch/event_loop.h"
#include "dispatch/listen_address.h"
#include "dispatch/peer_address.h"
#include "dispatch/roles/connection_limits.h"
#include "dispatch/roles/listener.h"

namespace overtake {

// A connection that was just accepted. The descriptor (non-blocking) is owned by its receiver.
struct AcceptedSocket {
  int fd;
  ListenTls tls;  // kOff: its client speaks none
  PeerAddress peer;
};

// Accepts connections in one thread's event loop and passes their descriptors on. Belongs to the
// loop's thread. When descriptors run out, or connections that must not be refused are too many, it
// takes the listening sockets out of the loop until there are some again: connections wait in
// the kernel's queue, nothing spins.
class Acceptor {
 public:
  using OnConnection = std::function<void(AcceptedSocket socket)>;

  // Starts enabled. What `on_connection` is given was counted in `limits`. At most
  // `accepts_per_event` are accepted before the loop sees to others. `listener` must outlive this.
  Acceptor(EventLoop* loop, const Listener* listener, ConnectionLimits* limits,
           int accepts_per_event, OnConnection on_connection);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Whether the listening sockets are in the loop.
  void Enable();
  void Disable();

 private:
  void Accept(int listening);
  void Pause(const char* reason);
  bool CanAccept() const;
  void Resume();
  void Watch(bool watch);

  const Listener* const listener_;
  ConnectionLimits* const limits_;
  const int accepts_per_event_;
  const OnConnection on_connection_;
  std::vector<EventPtr> sockets_;
  EventPtr resume_;
  bool enabled_ = false;
  bool paused_ = false;
};

}  // namespace overtake
