// One client's connection, as its reader sees it.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "dispatch/options.h"
#include "dispatch/peer_address.h"
#include "dispatch/roles/connection_phase.h"
#include "dispatch/roles/input_buffer.h"
#include "dispatch/roles/transport.h"
#include "protocol/parser.h"

namespace overtake {

struct Connection;
struct Job;
class Reader;

// A reader's lists of connections.
enum class ListName : uint8_t {
  kNone,
  kAll,
  kReady,           // those that are to have a turn
  kHandshakeTurns,  // the same, in phase kHandshaking
  kHandshaking,     // all in that phase, in the order of arrival
  kUploads,         // those whose input is large, the longest there first
  kWaiting,         // those with a request that has no end
};

// The links of a connection. Lists that go by the same ones exclude each other.
enum LinksName : size_t {
  kLinksOfAll,    // kAll
  kLinksOfTurns,  // kReady, kHandshakeTurns
  kLinksOfTimes,  // those that the reader looks at by a timer: kHandshaking, kUploads, kWaiting
  kLinks
};

// Everything here belongs to its reader's thread; in phase kInPool, the worker that has `job` may
// read the bytes of `input` that the job's requests point into, and send by `transport`.
//
// Readiness is edge-triggered: `readable` and `writable` say what the kernel last said, and stay
// true until a read or a write proves the opposite. So a connection costs no epoll_ctl after the
// one that added it, and one that is not read from (back-pressure) does not wake its reader.
//
// There may be very many that are idle: members are small, and in an order that leaves no gaps.
struct Connection {
  Connection(int descriptor, std::unique_ptr<TlsSession> tls, Reader* owner, BlockPool* pool,
             const DispatchOptions& options, const CommandTable& commands)
      : transport(descriptor, std::move(tls)),
        reader(owner),
        input(pool),
        parser(&commands, options.max_item_bytes, options.authenticator),
        phase_(transport.handshaking() ? Phase::kHandshaking : Phase::kReading) {}

  int fd() const { return transport.fd(); }

  Phase phase() const { return phase_; }
  void SetPhase(Phase next) {
    assert(MayFollow(phase_, next));
    phase_ = next;
  }

  Transport transport;
  Reader* const reader;
  event readiness;
  InputBuffer input;
  RequestParser parser;
  Job* job = nullptr;  // requests under way, or replies not sent yet

  struct Links {
    Connection* previous = nullptr;
    Connection* next = nullptr;
  };
  std::array<Links, kLinks> links;

  uint64_t read_ticks = 0;  // when `input` was last added to; before that, of the arrival
  // When it was accepted, or a whole request or a good part of one had come: what an idle
  // connection is told by. A byte now and then is not enough. As Reader::CoarseTime, as the next.
  uint32_t request_time = 0;
  uint32_t noted_time = 0;   // the last time of a request that RequestTimes were told
  uint32_t upload_time = 0;  // since when it is one of the uploads and does not await room
  uint32_t bytes_since_request = 0;

  PeerAddress peer;
  std::array<ListName, kLinks> lists{};  // the one that it is on, by each of its links

  bool readable = false;
  bool writable = true;
  bool peer_closed = false;  // the peer sends no more: a short read does not mean drained

 private:
  Phase phase_;
};

// A doubly linked list of connections, which know that they are on it.
template <LinksName kBy>
class ConnectionList {
 public:
  explicit ConnectionList(ListName name) : name_(name) {}

  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }
  Connection* first() const { return first_; }
  static Connection* After(const Connection* c) { return c->links[kBy].next; }
  bool Holds(const Connection* c) const { return c->lists[kBy] == name_; }

  // REQUIRES: `c` is on no list that goes by the same links.
  void PushBack(Connection* c) {
    assert(c->lists[kBy] == ListName::kNone);
    c->lists[kBy] = name_;
    c->links[kBy] = {last_, nullptr};
    (last_ != nullptr ? last_->links[kBy].next : first_) = c;
    last_ = c;
    ++size_;
  }
  // REQUIRES: Holds(c).
  void Remove(Connection* c) {
    assert(Holds(c));
    c->lists[kBy] = ListName::kNone;
    const auto [previous, next] = c->links[kBy];
    (previous != nullptr ? previous->links[kBy].next : first_) = next;
    (next != nullptr ? next->links[kBy].previous : last_) = previous;
    --size_;
  }
  void RemoveIfHeld(Connection* c) {
    if (Holds(c)) Remove(c);
  }

 private:
  const ListName name_;
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
  size_t size_ = 0;
};

using AllConnections = ConnectionList<kLinksOfAll>;
using TurnList = ConnectionList<kLinksOfTurns>;
using TimedList = ConnectionList<kLinksOfTimes>;

}  // namespace overtake
