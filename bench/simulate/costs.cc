#include "bench/simulate/costs.h"

#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace overtake::bench::simulate {
namespace {

constexpr double kMaxUs = 1e6;
constexpr double kMinSliceUs = 0.001;

constexpr absl::string_view kCpu = "overtake-bench cpu";
constexpr absl::string_view kMicro = "overtake-micro";
constexpr absl::string_view kCode = "the server's code";
constexpr absl::string_view kKernel = "the kernel's defaults";
constexpr absl::string_view kGuess = "estimated";
constexpr absl::string_view kFitted = "p50 of light requests alone, bench compare";

constexpr std::array kFields = {
    CostField{"read_us", &Costs::read_us, 0, kMaxUs, "waiting for, reading and parsing a request",
              kCpu},
    CostField{"read_kb_us", &Costs::read_kb_us, 0, kMaxUs, "for each KB of the request", kMicro},
    CostField{"send_us", &Costs::send_us, 0, kMaxUs, "sending a reply, or a portion of one",
              kMicro},
    CostField{"send_kb_us", &Costs::send_kb_us, 0, kMaxUs, "for each KB of it", kMicro},
    CostField{"portion_kb", &Costs::portion_kb, 1, 1e9, "KB that a reader sends in one turn",
              kCode},
    CostField{"execute_us", &Costs::execute_us, 0, kMaxUs, "executing a get of one key", kMicro},
    CostField{"execute_key_us", &Costs::execute_key_us, 0, kMaxUs, "for each key of a multiget",
              kMicro},
    CostField{"hand_over_us", &Costs::hand_over_us, 0, kMaxUs, "a reader gives a job to a worker",
              kGuess},
    CostField{"give_back_us", &Costs::give_back_us, 0, kMaxUs, "a worker gives it back", kGuess},
    CostField{"wake_us", &Costs::wake_us, 0, kMaxUs, "more, when the other thread sleeps", kCpu},
    CostField{"wake_latency_us", &Costs::wake_latency_us, 0, kMaxUs,
              "until a woken thread runs on an idle core", kFitted},
    CostField{"poll_us", &Costs::poll_us, 0, kMaxUs,
              "how long an idle worker polls, where there are more cores than threads", kCode},
    CostField{"poll_latency_us", &Costs::poll_latency_us, 0, kMaxUs, "until it has seen a job",
              kGuess},
    CostField{"switch_us", &Costs::switch_us, 0, kMaxUs, "a busy core turns to another thread",
              kGuess},
    CostField{"preempt_us", &Costs::preempt_us, 0, kMaxUs,
              "until a thread of higher rank has taken a core from one of lower rank", kGuess},
    CostField{"urgent_slice_us", &Costs::urgent_slice_us, kMinSliceUs, kMaxUs,
              "slice of readers and light hands in the modes with a pool", kCode},
    CostField{"slice_us", &Costs::slice_us, kMinSliceUs, kMaxUs, "slice of other threads", kKernel},
    CostField{"low_slice_us", &Costs::low_slice_us, kMinSliceUs, kMaxUs, "slice of heavy hands",
              kCode},
    CostField{"client_send_us", &Costs::client_send_us, 0, kMaxUs,
              "a client on the same cores sends a request", kGuess},
    CostField{"client_receive_us", &Costs::client_receive_us, 0, kMaxUs, "and receives a reply",
              kMicro},
    CostField{"client_receive_kb_us", &Costs::client_receive_kb_us, 0, kMaxUs, "for each KB of it",
              kGuess},
};

const CostField* Find(absl::string_view name) {
  for (const CostField& field : kFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

absl::Status NoSuchCost(absl::string_view name) {
  return absl::InvalidArgumentError(absl::StrCat(
      "there is no cost \"", name,
      "\", but: ", absl::StrJoin(kFields, ", ", [](std::string* out, const CostField& field) {
        absl::StrAppend(out, field.name);
      })));
}

}  // namespace

Costs Costs::None() {
  Costs costs;
  for (const CostField& field : kFields) {
    if (field.low == 0) costs.*field.field = 0;
  }
  return costs;
}

absl::Span<const CostField> CostFields() { return kFields; }

absl::Status SetCost(absl::string_view name, double value, Costs* costs) {
  const CostField* const field = Find(name);
  if (field == nullptr) return NoSuchCost(name);
  if (!(value >= field->low && value <= field->high)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has to be from ", field->low, " to ", field->high, ", not ", value));
  }
  costs->*field->field = value;
  return absl::OkStatus();
}

absl::Status SetCost(absl::string_view assignment, Costs* costs) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(assignment, absl::MaxSplits('=', 1));
  double value = 0;
  if (Find(parts.first) != nullptr && !absl::SimpleAtod(parts.second, &value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", assignment, "\" is not of the form ", parts.first, "=NUMBER"));
  }
  return SetCost(parts.first, value, costs);
}

}  // namespace overtake::bench::simulate
