// All commands, a row each: a new one is a row in command_table.cc, and its functions.
#pragma once

#include "protocol/command_table.h"
#include "server/commands/call.h"
#include "server/cost_model.h"

namespace overtake {

struct CommandRow : CommandSyntax {
  WeightFunction* weigh;
  CommandFunction* execute;
  CostModel::Kind cost = CostModel::Kind::kOther;
};

// Its rows are CommandRows.
extern const CommandTable kCommandTable;

inline const CommandRow& RowOf(Command command) {
  return static_cast<const CommandRow&>(kCommandTable[command]);
}

}  // namespace overtake
