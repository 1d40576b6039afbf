#include "bench/simulate/theory.h"

namespace overtake::bench::simulate {

double PollaczekKhinchineWait(double rate, const ServiceTime& service) {
  return rate * service.SecondMoment() / (2 * (1 - rate * service.Mean()));
}

double ErlangC(int servers, double rate, double mean) {
  // By way of Erlang's B formula, whose recursion over the servers keeps its digits.
  const double offered = rate * mean;
  double blocked = 1;
  for (int i = 1; i <= servers; ++i) blocked = offered * blocked / (i + offered * blocked);
  const double load = offered / servers;
  return blocked / (1 - load * (1 - blocked));
}

double ErlangWait(int servers, double rate, double mean) {
  return ErlangC(servers, rate, mean) * mean / (servers - rate * mean);
}

double ProcessorSharingResponse(double rate, const ServiceTime& service) {
  return service.Mean() / (1 - rate * service.Mean());
}

double InterruptedResponse(double rate, const ServiceTime& service, double urgent_rate,
                           const ServiceTime& urgent_service) {
  const double urgent_load = urgent_rate * urgent_service.Mean();
  const double load = urgent_load + rate * service.Mean();
  const double residual =
      (rate * service.SecondMoment() + urgent_rate * urgent_service.SecondMoment()) / 2;
  return service.Mean() / (1 - urgent_load) + residual / ((1 - urgent_load) * (1 - load));
}

}  // namespace overtake::bench::simulate
