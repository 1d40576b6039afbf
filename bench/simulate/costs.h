#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace overtake::bench::simulate {

// What the pieces of a request's way cost, in microseconds of a core's time unless said otherwise.
// The defaults were measured on the machine that docs/simulator.md names; CostFields says with
// what.
struct Costs {
  // A reader.
  double read_us = 1.9;
  double read_kb_us = 0.04;
  double send_us = 4.5;
  double send_kb_us = 0.085;
  double portion_kb = 64;
  // Execution.
  double execute_us = 0.12;
  double execute_key_us = 0.2;
  // Another thread.
  double hand_over_us = 0.3;
  double give_back_us = 0.3;
  double wake_us = 1.5;
  double wake_latency_us = 15;
  double poll_us = 100;
  double poll_latency_us = 0.2;
  // Sharing cores.
  double switch_us = 1.5;
  double preempt_us = 10;
  double urgent_slice_us = 100;
  double slice_us = 1'400;
  double low_slice_us = 10'000;
  // A client on the same cores.
  double client_send_us = 6;
  double client_receive_us = 4.5;
  double client_receive_kb_us = 0.12;

  // Requests cost what their execution costs, and nothing else does: textbook queues.
  static Costs None();
};

// One member of Costs: its name in JSON and in `--cost`, what may be said, and what it means.
struct CostField {
  absl::string_view name;
  double Costs::*field;
  double low;
  double high;
  absl::string_view meaning;
  absl::string_view source;  // of the default
};
absl::Span<const CostField> CostFields();

// Sets the member with this name, if the value is one that it may have; otherwise an
// InvalidArgumentError that names what is allowed.
absl::Status SetCost(absl::string_view name, double value, Costs* costs);
// The same, from "name=value".
absl::Status SetCost(absl::string_view assignment, Costs* costs);

}  // namespace overtake::bench::simulate
