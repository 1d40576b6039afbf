#include "client/cli_command.h"

#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"

namespace overtake::client {

using Run = int (*)(Client&, const CliCommand&, std::ostream&, std::ostream&);

struct CliCommandSpec {
  absl::string_view name;
  absl::string_view usage;  // Behind the name.
  absl::string_view help;
  size_t min_arguments;
  size_t max_arguments;
  bool takes_value;
  Run run;
};

namespace {

constexpr size_t kAny = std::numeric_limits<size_t>::max();

int Fail(const absl::Status& status, std::ostream& err) {
  err << "error: " << absl::StatusCodeToString(status.code()) << ": " << status.message() << "\n";
  return kExitError;
}

template <typename Int>
absl::StatusOr<Int> ParseNumber(absl::string_view text) {
  Int number;
  if (absl::SimpleAtoi(text, &number)) return number;
  return absl::InvalidArgumentError(absl::StrCat("not a number, or too large: ", text));
}

int RunGet(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  const absl::string_view name = command.spec->name;
  const bool with_exptime = name == "gat" || name == "gats";
  const bool with_cas = name == "gets" || name == "gats";
  absl::Span<const std::string> keys = command.arguments;
  absl::StatusOr<int32_t> exptime = 0;
  if (with_exptime) {
    exptime = ParseNumber<int32_t>(keys[0]);
    if (!exptime.ok()) return Fail(exptime.status(), err);
    keys.remove_prefix(1);
  }
  absl::StatusOr<std::vector<Item>> items = with_exptime && with_cas
                                                ? client.MultiGats(*exptime, keys)
                                            : with_exptime ? client.MultiGat(*exptime, keys)
                                            : with_cas     ? client.MultiGets(keys)
                                                           : client.MultiGet(keys);
  if (!items.ok()) return Fail(items.status(), err);
  for (const Item& item : *items) {
    if (keys.size() > 1 || with_cas) {
      out << "VALUE " << item.key << " " << item.flags << " " << item.value.size();
      if (with_cas) out << " " << item.cas;
      out << "\n";
    }
    out << item.value;
    if (!command.raw) out << "\n";
  }
  if (items->size() >= keys.size()) return kExitOk;
  if (keys.size() == 1) {
    err << "NOT_FOUND\n";
  } else {
    err << keys.size() - items->size() << " of " << keys.size() << " keys not found\n";
  }
  return kExitMiss;
}

int ReportStore(const absl::StatusOr<StoreResult>& result, std::ostream& out, std::ostream& err) {
  if (!result.ok()) return Fail(result.status(), err);
  switch (*result) {
    case StoreResult::kStored:
      out << "STORED\n";
      return kExitOk;
    case StoreResult::kNoReply:
      return kExitOk;
    case StoreResult::kNotStored:
      err << "NOT_STORED\n";
      return kExitMiss;
    case StoreResult::kExists:
      err << "EXISTS\n";
      return kExitMiss;
    case StoreResult::kNotFound:
      err << "NOT_FOUND\n";
      return kExitMiss;
  }
  return kExitError;
}

template <absl::StatusOr<StoreResult> (Client::*method)(absl::string_view, absl::string_view,
                                                        const StoreOptions&)>
int RunStore(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  return ReportStore((client.*method)(command.arguments[0], *command.value, command.options), out,
                     err);
}

int RunCas(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<uint64_t> cas = ParseNumber<uint64_t>(command.arguments[1]);
  if (!cas.ok()) return Fail(cas.status(), err);
  return ReportStore(client.Cas(command.arguments[0], *command.value, *cas, command.options), out,
                     err);
}

int ReportKey(const absl::StatusOr<KeyResult>& result, absl::string_view done, std::ostream& out,
              std::ostream& err) {
  if (!result.ok()) return Fail(result.status(), err);
  if (*result == KeyResult::kNotFound) {
    err << "NOT_FOUND\n";
    return kExitMiss;
  }
  if (*result == KeyResult::kDone) out << done << "\n";
  return kExitOk;
}

int RunDelete(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  return ReportKey(client.Delete(command.arguments[0], command.options.noreply), "DELETED", out,
                   err);
}

int RunTouch(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<int32_t> exptime = ParseNumber<int32_t>(command.arguments[1]);
  if (!exptime.ok()) return Fail(exptime.status(), err);
  return ReportKey(client.Touch(command.arguments[0], *exptime, command.options.noreply), "TOUCHED",
                   out, err);
}

int RunCounter(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  absl::StatusOr<uint64_t> delta = 1;
  if (command.arguments.size() > 1) delta = ParseNumber<uint64_t>(command.arguments[1]);
  if (!delta.ok()) return Fail(delta.status(), err);
  const bool noreply = command.options.noreply;
  const absl::StatusOr<std::optional<uint64_t>> result =
      command.spec->name == "incr" ? client.Incr(command.arguments[0], *delta, noreply)
                                   : client.Decr(command.arguments[0], *delta, noreply);
  if (!result.ok()) return Fail(result.status(), err);
  if (noreply) return kExitOk;
  if (!result->has_value()) {
    err << "NOT_FOUND\n";
    return kExitMiss;
  }
  out << **result << "\n";
  return kExitOk;
}

int ReportOk(const absl::Status& status, bool noreply, std::ostream& out, std::ostream& err) {
  if (!status.ok()) return Fail(status, err);
  if (!noreply) out << "OK\n";
  return kExitOk;
}

int RunFlushAll(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  absl::StatusOr<int32_t> delay = 0;
  if (!command.arguments.empty()) delay = ParseNumber<int32_t>(command.arguments[0]);
  if (!delay.ok()) return Fail(delay.status(), err);
  const bool noreply = command.options.noreply;
  return ReportOk(client.FlushAll(*delay, noreply), noreply, out, err);
}

int RunVerbosity(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<uint32_t> level = ParseNumber<uint32_t>(command.arguments[0]);
  if (!level.ok()) return Fail(level.status(), err);
  const bool noreply = command.options.noreply;
  return ReportOk(client.Verbosity(*level, noreply), noreply, out, err);
}

int RunVersion(Client& client, const CliCommand&, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::string> version = client.Version();
  if (!version.ok()) return Fail(version.status(), err);
  out << *version << "\n";
  return kExitOk;
}

int RunStats(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<Stats> stats = client.Stats(absl::StrJoin(command.arguments, " "));
  if (!stats.ok()) return Fail(stats.status(), err);
  for (const auto& [name, value] : *stats) out << name << " " << value << "\n";
  return kExitOk;
}

constexpr absl::string_view kStoreUsage = "KEY VALUE [--flags N] [--ttl SECONDS] [--noreply]";

constexpr CliCommandSpec kSpecs[] = {
    {"get", "KEY... [--raw]", "the values; --raw adds no newline", 1, kAny, false, RunGet},
    {"gets", "KEY...", "the same with flags, length and CAS unique", 1, kAny, false, RunGet},
    {"gat", "SECONDS KEY... [--raw]", "get, and expire in SECONDS", 2, kAny, false, RunGet},
    {"gats", "SECONDS KEY...", "gets, and expire in SECONDS", 2, kAny, false, RunGet},
    {"set", kStoreUsage, "store", 1, 1, true, RunStore<&Client::Set>},
    {"add", kStoreUsage, "store unless it is there", 1, 1, true, RunStore<&Client::Add>},
    {"replace", kStoreUsage, "store if it is there", 1, 1, true, RunStore<&Client::Replace>},
    {"append", "KEY VALUE [--noreply]", "add to its end", 1, 1, true, RunStore<&Client::Append>},
    {"prepend", "KEY VALUE [--noreply]", "add to its front", 1, 1, true,
     RunStore<&Client::Prepend>},
    {"cas", "KEY UNIQUE VALUE [--flags N] [--ttl SECONDS] [--noreply]",
     "store if unchanged since gets said UNIQUE", 2, 2, true, RunCas},
    {"delete", "KEY [--noreply]", "remove", 1, 1, false, RunDelete},
    {"incr", "KEY [N] [--noreply]", "add N (1) to a decimal number", 1, 2, false, RunCounter},
    {"decr", "KEY [N] [--noreply]", "subtract N (1), not below 0", 1, 2, false, RunCounter},
    {"touch", "KEY SECONDS [--noreply]", "expire in SECONDS", 2, 2, false, RunTouch},
    {"flush_all", "[SECONDS] [--noreply]", "invalidate everything, at once or in SECONDS", 0, 1,
     false, RunFlushAll},
    {"version", "", "the server's version", 0, 0, false, RunVersion},
    {"verbosity", "LEVEL [--noreply]", "how much the server logs", 1, 1, false, RunVerbosity},
    {"stats", "[ARGUMENT...]", "statistics: all, or of settings, items, ...", 0, kAny, false,
     RunStats},
};

absl::Status UsageError(const CliCommandSpec& spec) {
  return absl::InvalidArgumentError(absl::StrCat("usage: ", spec.name, " ", spec.usage));
}

// Moves the options out of `words` into `command`. Behind "--" nothing is an option.
absl::StatusOr<std::vector<std::string>> TakeOptions(absl::Span<const std::string> words,
                                                     CliCommand* command) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      rest.insert(rest.end(), words.begin() + i + 1, words.end());
      break;
    }
    if (word == "--noreply") {
      command->options.noreply = true;
    } else if (word == "--raw") {
      command->raw = true;
    } else if (word == "--flags" || word == "--ttl") {
      if (++i == words.size()) return UsageError(*command->spec);
      const bool valid = word == "--flags" ? absl::SimpleAtoi(words[i], &command->options.flags)
                                           : absl::SimpleAtoi(words[i], &command->options.exptime);
      if (!valid) return absl::InvalidArgumentError(absl::StrCat("bad ", word, ": ", words[i]));
    } else {
      rest.push_back(word);
    }
  }
  return rest;
}

// Recognises memcached's own form of a storage command: KEY flags exptime bytes [unique] [noreply].
bool TakeProtocolForm(std::vector<std::string> words, CliCommand* command) {
  const bool noreply = words.back() == "noreply";
  if (noreply) words.pop_back();
  const bool is_cas = command->spec->name == "cas";
  uint64_t bytes;
  StoreOptions options{.noreply = noreply};
  if (words.size() != (is_cas ? 5 : 4) || !absl::SimpleAtoi(words[1], &options.flags) ||
      !absl::SimpleAtoi(words[2], &options.exptime) || !absl::SimpleAtoi(words[3], &bytes)) {
    return false;
  }
  command->arguments = {words[0]};
  if (is_cas) command->arguments.push_back(words[4]);
  command->options = options;
  command->announced_bytes = bytes;
  return true;
}

}  // namespace

bool CliCommand::NeedsValue() const { return spec->takes_value && !value.has_value(); }

absl::StatusOr<CliCommand> ParseCliCommand(const std::vector<std::string>& words) {
  CliCommand command;
  for (const CliCommandSpec& spec : kSpecs) {
    if (!words.empty() && spec.name == words[0]) command.spec = &spec;
  }
  if (command.spec == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("no such command: ", words.empty() ? "" : words[0], " (try help)"));
  }
  const CliCommandSpec& spec = *command.spec;
  absl::StatusOr<std::vector<std::string>> rest =
      TakeOptions(absl::MakeConstSpan(words).subspan(1), &command);
  if (!rest.ok()) return rest.status();
  if (spec.takes_value && rest->size() > spec.max_arguments + 1 &&
      TakeProtocolForm(*rest, &command)) {
    return command;
  }
  if (spec.takes_value && rest->size() == spec.max_arguments + 1) {
    command.value = std::move(rest->back());
    rest->pop_back();
  }
  if (rest->size() < spec.min_arguments || rest->size() > spec.max_arguments) {
    return UsageError(spec);
  }
  command.arguments = *std::move(rest);
  return command;
}

int RunCliCommand(Client& client, const CliCommand& command, std::ostream& out, std::ostream& err) {
  return command.spec->run(client, command, out, err);
}

std::string CliHelp() {
  std::string help;
  for (const CliCommandSpec& spec : kSpecs) {
    absl::StrAppendFormat(&help, "  %s %s\n      %s\n", spec.name, spec.usage, spec.help);
  }
  return help;
}

}  // namespace overtake::client
