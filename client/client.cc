#include "client/client.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace overtake::client {
namespace {

absl::Status Annotate(const absl::Status& status, absl::string_view what) {
  return absl::Status(status.code(), absl::StrCat(what, ": ", status.message()));
}

// A server that rejects the line of a storage command may go on to read the value behind it as
// commands. SERVER_ERROR is no such case: the line was understood, and the value is skipped.
bool LosesStep(ReplyKind kind, const Reply& reply) {
  return kind == ReplyKind::kStore && IsErrorLine(reply.line) &&
         !absl::StartsWith(reply.line, "SERVER_ERROR");
}

}  // namespace

// A reply that is to come, in the order of the connection.
struct Client::Awaited {
  const Pipeline::Command* command;  // Null: the barrier before the pipeline.
  Reply* reply;                      // Null: a barrier.
  bool arrived = false;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(const std::string& host, int port,
                                                        const ClientOptions& options) {
  absl::StatusOr<std::unique_ptr<Connection>> connection =
      Connection::Open(host, port, options.connect_timeout, options.tls);
  if (!connection.ok()) return connection.status();
  return std::unique_ptr<Client>(new Client(*std::move(connection), options));
}

Client::Client(std::unique_ptr<Connection> connection, const ClientOptions& options)
    : options_(options), connection_(std::move(connection)) {}

std::vector<Reply> Client::Execute(const Pipeline& pipeline) {
  std::vector<Reply> replies(pipeline.size());
  std::vector<Awaited> awaited;
  size_t index = 0;
  for (const Pipeline::Command& command : pipeline.commands_) {
    Reply* reply = command.kind == ReplyKind::kBarrier ? nullptr : &replies[index++];
    if (!command.refused.ok()) {
      reply->status = command.refused;
    } else if (command.noreply) {
      reply->no_reply = true;
    } else {
      awaited.push_back({.command = &command, .reply = reply});
    }
  }
  if (pipeline.requests_.empty()) return replies;
  const bool barrier_first = barrier_.has_value() && !awaited.empty();
  if (barrier_first) awaited.insert(awaited.begin(), Awaited{});

  absl::Status status;
  if (!broken_.ok()) {
    status = absl::UnavailableError(
        absl::StrCat("the connection is of no use any more: ", broken_.message()));
  } else {
    status = SendAndReceive(pipeline, &awaited);
    if (!status.ok() && broken_.ok()) broken_ = status;
  }
  if (status.ok()) return replies;
  for (const Awaited& each : awaited) {
    if (each.reply != nullptr && !each.arrived) each.reply->status = status;
  }
  for (Reply& reply : replies) {
    if (reply.no_reply) reply.status = status;  // Nobody knows how far it got.
  }
  return replies;
}

absl::Status Client::SendAndReceive(const Pipeline& pipeline, std::vector<Awaited>* awaited) {
  if (!barrier_.has_value()) {
    if (absl::Status status = connection_->CheckQuiet(); !status.ok()) return status;
  }
  size_t next = 0;
  std::optional<ReplyParser> parser;  // Of the reply to (*awaited)[next].
  absl::string_view prefix;
  if (!awaited->empty() && awaited->front().command == nullptr) {
    prefix = Pipeline::kBarrierRequest;
    parser.emplace(*std::move(barrier_));
    barrier_.reset();
  }
  if (pipeline.noreply_run_ > 0) {
    if (!barrier_.has_value()) barrier_.emplace(ReplyKind::kBarrier, "", 0);
    barrier_->AllowErrors(pipeline.noreply_run_);
  }

  // Reads the reply to (*awaited)[next], or of it what has arrived; true when it is complete.
  const auto read_reply = [&](absl::string_view* input) -> absl::StatusOr<bool> {
    Awaited& current = (*awaited)[next];
    if (!parser.has_value()) {
      const Pipeline::Command& command = *current.command;
      const absl::string_view requests = pipeline.requests_;
      parser.emplace(command.kind, requests.substr(command.keys_begin, command.keys_bytes),
                     options_.max_value_bytes);
      parser->AllowErrors(command.noreply_run);
    }
    absl::StatusOr<bool> complete = parser->Consume(input);
    if (!complete.ok() || !*complete) return complete;
    current.arrived = true;
    noreply_errors_ += parser->errors();
    if (current.reply != nullptr) {
      *current.reply = parser->TakeReply();
      if (LosesStep(current.command->kind, *current.reply)) {
        return Annotate(current.reply->status, "a storage command was rejected");
      }
    }
    parser.reset();
    ++next;
    return true;
  };
  const auto on_input = [&](absl::string_view input) -> absl::StatusOr<bool> {
    while (!input.empty()) {
      absl::StatusOr<bool> complete = false;
      if (next < awaited->size()) {
        complete = read_reply(&input);
      } else if (barrier_.has_value()) {
        complete = barrier_->Consume(&input);
        if (complete.ok() && *complete) complete = absl::DataLossError("a reply to no request");
      } else {
        complete = absl::DataLossError("more bytes than the replies have");
      }
      if (!complete.ok()) return complete;
    }
    return next == awaited->size();
  };
  return connection_->Exchange(prefix, pipeline.requests_, awaited->empty(), on_input,
                               options_.io_timeout);
}

Reply Client::ExecuteOne(const Pipeline& pipeline) { return std::move(Execute(pipeline).front()); }

absl::Status Client::Quit() {
  if (!broken_.ok()) return broken_;
  broken_ = absl::UnavailableError("quit");
  const absl::Status status = connection_->Exchange(
      "", "quit\r\n", false, [](absl::string_view) { return false; }, options_.io_timeout);
  // Exchange() never ends well here: it waits for the server to close.
  return absl::IsUnavailable(status) ? absl::OkStatus() : status;
}

}  // namespace overtake::client
