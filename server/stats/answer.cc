#include "server/stats/answer.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include "protocol/line_parts.h"
#include "protocol/number.h"
#include "server/commands/item_dump.h"
#include "server/stats/text.h"

namespace overtake {
namespace {

using Outcome = RequestHandler::Outcome;

Outcome Done(std::string_view line, Reply* reply) {
  reply->AppendLine(line);
  return Outcome::kDone;
}

// `more`: there is something to come before the end.
Outcome Next(bool more, Reply* reply) { return more ? Outcome::kMore : Done("END", reply); }

Outcome Tell(const StatsSource& s, const StatsSection& section, uint64_t* place, Reply* reply) {
  StatsSink text = TextSink(section.text_prefix, reply);
  if (section.fill_part != nullptr) return Next(section.fill_part(s, place, &text), reply);
  StatsSink since_reset = s.baseline->Since(section.name, &text);
  section.fill(s, &since_reset);
  return Done("END", reply);
}

// What is no section: it does something, or has lines of another form. `words` begin with the name.
struct StatsCommand {
  std::string_view name;
  Outcome (*run)(const StatsSource& source, const Tokens& words, Continuation* continuation,
                 Reply* reply);
};

Outcome Reset(const StatsSource& s, const Tokens&, Continuation*, Reply* reply) {
  for (const StatsSection& section : StatsSections()) {
    StatsSink reset = s.baseline->Reset(section.name);
    if (section.fill != nullptr) section.fill(s, &reset);
  }
  s.prefixes->Clear();
  return Done("RESET", reply);
}

Outcome Detail(const StatsSource& s, const Tokens& words, Continuation* continuation,
               Reply* reply) {
  if (!s.settings->dump_allowed) return Done("CLIENT_ERROR stats detail not allowed", reply);
  const std::string_view word = words.count > 1 ? words[1] : "";
  if (word == "dump") return Next(s.prefixes->Dump(&continuation->place, reply), reply);
  if (word == "on" || word == "off") {
    s.log->ObservePrefixes(word == "on");
    return Done("OK", reply);
  }
  return Done("CLIENT_ERROR usage: stats detail on|off|dump", reply);
}

// `stats cachedump <class> <limit>`, in parts: continuation->done is how many items were shown. All
// are of the class that `stats items` and `stats slabs` tell of: who asks class by class gets each
// once.
Outcome Cachedump(const StatsSource& s, const Tokens& words, Continuation* continuation,
                  Reply* reply) {
  if (!s.settings->dump_allowed) return Done("CLIENT_ERROR stats cachedump not allowed", reply);
  if (words.count < 3) return Done("CLIENT_ERROR bad command line", reply);
  constexpr uint32_t kOnlyClass = 1;
  uint32_t id = 0;
  uint32_t limit = 0;
  if (!ParseUint32(words[1], &id) || !ParseUint32(words[2], &limit)) {
    return Done(kBadFormat, reply);
  }
  if (id > 63) return Done("CLIENT_ERROR Illegal slab id", reply);
  if (id != kOnlyClass) return Done("END", reply);
  if (limit == 0) limit = std::numeric_limits<uint32_t>::max();
  uint64_t left = limit - continuation->done;
  const bool more = DumpItems(DumpFormat::kCachedump, kAllItems, *s.clock, s.store,
                              &continuation->place, &left, reply);
  continuation->done = limit - left;
  return Next(more, reply);
}

constexpr StatsCommand kStatsCommands[] = {
    {"reset", Reset},
    {"detail", Detail},
    {"cachedump", Cachedump},
};

}  // namespace

Outcome AnswerStats(const StatsSource& source, const Request& request, Continuation* continuation,
                    Reply* reply) {
  const Tokens words = Split(request.text);
  const std::string_view name = words.count > 0 ? words[0] : "";
  for (const StatsSection& section : StatsSections()) {
    if (section.name == name) return Tell(source, section, &continuation->place, reply);
  }
  for (const StatsCommand& command : kStatsCommands) {
    if (command.name == name) return command.run(source, words, continuation, reply);
  }
  return Done(kError, reply);
}

}  // namespace overtake
