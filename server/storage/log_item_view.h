// An item of the log store as callbacks see it.
#pragma once

#include <string_view>

#include "absl/container/inlined_vector.h"
#include "server/storage/item_view.h"
#include "server/storage/log.h"
#include "server/storage/partition.h"

namespace overtake {

// Of an entry that stays where it is while this lives: inside an epoch, or under the lock of the
// item's partition.
class LogItemView final : public ItemView {
 public:
  LogItemView(Log* log, const Partition& partition, const Entry& entry, Seconds now, bool with_cas)
      : log_(log) {
    const ItemState state = entry.state();
    key = entry.key();
    flags = entry.flags();
    expires = entry.expires();
    last_access = state.last_access(now);
    if (with_cas) cas = partition.CasOf(entry);
    fetched = state.fetched();
    stale = state.stale();
    win_given = state.win_given();
    value_bytes = entry.value_bytes();
    if (entry.is_large()) {
      for (size_t i = 0; i < entry.chunks(); ++i) {
        chunks_.push_back(log->EntryAt(entry.chunk(i)).chunk_bytes());
      }
      pieces = absl::MakeConstSpan(chunks_);
    } else {
      piece_ = entry.value();
      pieces = absl::MakeConstSpan(&piece_, 1);
    }
  }

  Pin PinPiece(size_t piece) const override { return log_->PinByte(pieces[piece].data()); }

 private:
  Log* const log_;
  std::string_view piece_;
  absl::InlinedVector<std::string_view, 1> chunks_;
};

}  // namespace overtake
