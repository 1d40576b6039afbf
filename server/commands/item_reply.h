// Items in replies.
#pragma once

#include <string_view>

#include "protocol/reply.h"
#include "server/storage/item_view.h"

namespace overtake {

// Appends what a get answers for the item: "VALUE <key> <flags> <bytes>[ <cas unique>]\r\n" and the
// value. False, with nothing appended, when there is no memory to hold the value until it is sent.
bool AppendItem(const ItemView& item, bool with_cas, Reply* reply);

// Appends `line`, which ends in "\r\n", the item's value and "\r\n". False as above.
bool AppendValue(std::string_view line, const ItemView& item, Reply* reply);

}  // namespace overtake
