// A Service on a store, from bytes to bytes.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "protocol/parser.h"
#include "server/clock.h"
#include "server/commands/command_table.h"
#include "server/service.h"
#include "server/watch/event_log.h"

namespace overtake {

using StoreFactory = std::unique_ptr<Store> (*)(const StoreOptions&);

// The parameter says which store.
class ServiceTest : public ::testing::TestWithParam<StoreFactory> {
 protected:
  ServiceTest() { settings_.debug_commands = true; }

  // The replies to all of `bytes`.
  std::string Ask(const std::string& bytes) {
    if (service_ == nullptr) Make();
    RequestParser parser(&kCommandTable, settings_.dispatch.max_item_bytes);
    Reply reply;
    std::string unread = bytes;
    std::string text;
    Request request;
    size_t consumed = 0;
    while (parser.Next(unread, &request, &consumed) == RequestParser::Result::kRequest) {
      Continuation continuation;
      while (service_->Execute({}, request, &continuation, &reply) ==
             RequestHandler::Outcome::kMore) {
        text += Taken(&reply);
      }
      unread.erase(0, consumed);
    }
    return text + Taken(&reply);
  }

  // All of the reply, taken out of it.
  static std::string Taken(Reply* reply) {
    std::string text;
    while (!reply->empty()) {
      iovec vectors[16];
      size_t size = 0;
      const size_t pieces = reply->Gather(absl::MakeSpan(vectors), SIZE_MAX, &size);
      for (size_t i = 0; i < pieces; ++i) {
        text.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
      }
      reply->Consume(size);
    }
    return text;
  }

  Settings settings_;        // may be changed before the first Ask, or where Service says so
  int64_t wall_step_s_ = 0;  // by which somebody has set the wall clock; Tick notices
  Clock clock_{[this] {
    SystemTime time = Clock::ReadSystem();
    time.wall_ns += wall_step_s_ * 1'000'000'000;
    return time;
  }};
  EventLog log_{64 << 10};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Service> service_;

 private:
  void Make() {
    StoreOptions options = settings_.store;
    options.memory_bytes = 16 << 20;
    options.evictions = &log_;
    store_ = GetParam()(options);
    service_ = std::make_unique<Service>(&settings_, &clock_, store_.get(), &log_);
  }
};

}  // namespace overtake
