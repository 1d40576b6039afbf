// One client's connection, as its reader sees it.
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "dispatch/options.h"
#include "dispatch/peer_address.h"
#include "dispatch/roles/input_buffer.h"
#include "dispatch/roles/transport.h"
#include "protocol/parser.h"

namespace overtake {

struct Job;
class Reader;

// State of a connection. Everything here belongs to its reader's thread; while `in_flight`, the
// worker that has `job` may read the bytes of `input` that the job's requests point into.
//
// Readiness is edge-triggered: `readable` and `writable` say what the kernel last said, and stay
// true until a read or a write proves the opposite. So a connection costs no epoll_ctl after the
// one that added it, and one that is not read from (back-pressure) does not wake its reader.
struct Connection {
  Connection(int descriptor, std::unique_ptr<TlsSession> tls, Reader* owner, BlockPool* pool,
             const DispatchOptions& options, const CommandTable& commands)
      : fd(descriptor),
        transport(descriptor, std::move(tls)),
        reader(owner),
        input(pool),
        parser(&commands, options.max_item_bytes, options.authenticator) {}

  const int fd;
  PeerAddress peer;
  Transport transport;
  Reader* const reader;
  event readiness;
  InputBuffer input;
  RequestParser parser;
  Job* job = nullptr;  // requests under way, or replies not sent yet

  bool readable = false;
  bool writable = true;
  bool peer_closed = false;    // the peer sends no more: a short read does not mean drained
  bool in_flight = false;      // a worker has `job`
  bool queued = false;         // in one of its reader's lists of those that have something to do
  bool waits = false;          // in its reader's list of those whose request is to wait a while
  bool unestablished = false;  // in its reader's list of those with a handshake under way
  bool uploads = false;        // in its reader's list of those whose input is large
  bool awaits_room = false;    // and its reader reads no more of it for now

  uint64_t read_ticks = 0;  // when `input` was last added to; before that, of the arrival
  // When it was accepted, or a whole request or a good part of one had come: what an idle
  // connection is told by. A byte now and then is not enough.
  uint64_t request_ticks = 0;
  uint32_t bytes_since_request = 0;
  uint64_t noted_ticks = 0;   // the last time of a request that RequestTimes were told
  uint64_t upload_ticks = 0;  // since when it uploads and does not wait for room

  // Links of the reader's lists: all connections; those that have something to do; those
  // that have yet to agree on TLS with their client, in the order of arrival; those whose input is
  // large.
  Connection* previous = nullptr;
  Connection* next = nullptr;
  Connection* previous_ready = nullptr;
  Connection* next_ready = nullptr;
  Connection* previous_unestablished = nullptr;
  Connection* next_unestablished = nullptr;
  Connection* previous_upload = nullptr;
  Connection* next_upload = nullptr;
};

// A doubly linked list through two members of Connection.
template <Connection* Connection::*kPrevious, Connection* Connection::*kNext>
class ConnectionList {
 public:
  bool empty() const { return first_ == nullptr; }
  Connection* first() const { return first_; }
  size_t size() const { return size_; }

  void PushBack(Connection* c) {
    c->*kPrevious = last_;
    c->*kNext = nullptr;
    (last_ != nullptr ? last_->*kNext : first_) = c;
    last_ = c;
    ++size_;
  }
  void Remove(Connection* c) {
    (c->*kPrevious != nullptr ? c->*kPrevious->*kNext : first_) = c->*kNext;
    (c->*kNext != nullptr ? c->*kNext->*kPrevious : last_) = c->*kPrevious;
    c->*kPrevious = c->*kNext = nullptr;
    --size_;
  }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
  size_t size_ = 0;
};

using AllConnections = ConnectionList<&Connection::previous, &Connection::next>;
using ReadyConnections = ConnectionList<&Connection::previous_ready, &Connection::next_ready>;
using UnestablishedConnections =
    ConnectionList<&Connection::previous_unestablished, &Connection::next_unestablished>;
using Uploads = ConnectionList<&Connection::previous_upload, &Connection::next_upload>;

}  // namespace overtake
