// What replies must look like.
#pragma once

#include <string_view>

#include "protocol/request.h"

namespace overtake::tests {

// Whether `reply` can be the reply to `request` as protocol.txt has it, by its form: the lines that
// the command may answer with, data blocks as long as their lines say, and nothing behind.
// `request` is as it was before it was executed.
bool IsReplyTo(const Request& request, std::string_view reply);

}  // namespace overtake::tests
