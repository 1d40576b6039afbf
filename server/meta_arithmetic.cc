// ma.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/write_number.h"
#include "protocol/key_list.h"
#include "protocol/meta_flags.h"
#include "server/meta.h"
#include "server/meta_line.h"
#include "server/storage/item_number.h"

namespace overtake {
namespace {

constexpr std::string_view kNotANumber =
    "CLIENT_ERROR cannot increment or decrement non-numeric value";

// One ma's way through the store and into the reply.
class MetaArithmetic {
 public:
  MetaArithmetic(const Request& request, std::string_view key, const Clock& clock)
      : request_(request),
        meta_(request.meta),
        key_(key),
        now_(clock.Now()),
        touch_expires_(clock.Expiry(request.exptime)),
        vivify_expires_(clock.Expiry(request.meta.vivify_exptime)) {}

  bool negative() const { return meta_.mode == 'D' || meta_.mode == '-'; }
  bool created() const { return created_; }

  // "HD", "NF", "EX", or the line of an error.
  std::string_view Run(Store* store);

  // The reply to what is not an error.
  void Write(Reply* reply);

 private:
  Change Decide(const ItemView* item);
  Change StoreNumber(const ItemView* item, uint64_t number);
  void Follow(MetaLine* line);

  const Request& request_;
  const MetaFlags& meta_;
  const std::string_view key_;
  const Seconds now_;
  const Seconds touch_expires_, vivify_expires_;

  std::string_view status_;
  bool created_ = false;
  Seconds expires_before_ = 0;
  Seconds expires_ = 0;
  uint64_t cas_ = 0;
  std::array<char, 20> digits_;
  size_t digit_count_ = 0;
  std::string padding_;
};

std::string_view MetaArithmetic::Run(Store* store) {
  const bool done = store->Update(
      key_, now_, [this](const ItemView* item) { return Decide(item); },
      [this](const ItemView& item) { cas_ = item.cas; });
  if (!done) {
    status_ =
        created_ ? "SERVER_ERROR Out of memory allocating new item" : "SERVER_ERROR out of memory";
  }
  return status_;
}

Change MetaArithmetic::Decide(const ItemView* item) {
  const auto leave = [this](std::string_view status) {
    status_ = status;
    return Change::Leave();
  };
  created_ = false;
  if (item == nullptr) {
    if (!meta_.Has('N')) return leave("NF");
    created_ = true;
    return StoreNumber(nullptr, meta_.initial);
  }
  if (!MayBeNumber(*item)) return leave(kNotANumber);
  if (request_.number != 0 && request_.number != item->cas) return leave("EX");
  uint64_t number = 0;
  if (!ParseItemNumber(*item, &number)) return leave(kNotANumber);
  return StoreNumber(item,
                     negative() ? number - std::min(number, meta_.delta) : number + meta_.delta);
}

Change MetaArithmetic::StoreNumber(const ItemView* item, uint64_t number) {
  status_ = "HD";
  expires_before_ = item != nullptr ? item->expires : 0;
  Follow(nullptr);
  digit_count_ = static_cast<size_t>(WriteNumber(number, digits_.data()) - digits_.data());
  Change change =
      Change::Store({digits_.data(), digit_count_}, item != nullptr ? item->flags : 0, expires_);
  if (meta_.Has('E')) change.cas = meta_.new_cas;
  // A number that fits is written in the old one's place, and padded: the marks stay. A longer one
  // makes a new item.
  if (item != nullptr && digit_count_ <= item->value_bytes) {
    padding_.assign(item->value_bytes - digit_count_, ' ');
    change.value.push_back(padding_);
    change.fetched = item->fetched;
    change.stale = item->stale;
    change.win_given = item->win_given;
  }
  return change;
}

// Goes through the flags in their order, in which T and N move the time that a later t tells.
void MetaArithmetic::Follow(MetaLine* line) {
  expires_ = expires_before_;
  KeyList flags(request_.text);
  std::string_view flag;
  while (flags.Next(&flag)) {
    if (flag[0] == 'T') expires_ = touch_expires_;
    if (flag[0] == 'N' && created_) expires_ = vivify_expires_;
    if (line == nullptr) continue;
    if (flag[0] == 't') line->FlagT(expires_, now_);
    if (flag[0] == 'c') line->Flag('c', cas_);
    line->EchoFlag(flag, request_, key_);
  }
}

void MetaArithmetic::Write(Reply* reply) {
  const bool hit = status_ == "HD";
  if (hit && !created_ && meta_.Has('q')) return;
  const bool with_value = hit && meta_.Has('v');
  MetaLine line(with_value ? "VA " : status_);
  if (with_value) line.Number(digit_count_);
  if (hit) {
    Follow(&line);
  } else {
    line.Echo(request_, key_);
  }
  line.EndLine();
  if (with_value) {
    line.Text({digits_.data(), digit_count_});
    line.EndLine();
  }
  reply->Append(line.text());
}

}  // namespace

void MetaCommands::Arithmetic(CommandStats* stats, const Request& request, Reply* reply) {
  const MetaKey key(request);
  MetaArithmetic arithmetic(request, key.bytes(), *clock_);
  const std::string_view status = arithmetic.Run(store_);
  if (status == "HD" && !arithmetic.created()) {
    (arithmetic.negative() ? stats->decr_hits : stats->incr_hits).Add(1);
  } else if (status == "NF") {
    (arithmetic.negative() ? stats->decr_misses : stats->incr_misses).Add(1);
  }
  if (status.size() > 2) return reply->AppendLine(status);
  arithmetic.Write(reply);
}

}  // namespace overtake
