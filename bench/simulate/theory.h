#pragma once

#include "bench/load/service_time.h"

// What queueing theory knows exactly. Arrivals are Poisson; times are in microseconds, rates in
// requests a microsecond. See Kleinrock, Queueing Systems, volume 1 (1975), and volume 2 (1976).
namespace overtake::bench::simulate {

// The mean wait before service begins in M/G/1, first come first served: Pollaczek and Khinchine's
// formula (volume 1, chapter 5). REQUIRES: rate * service.Mean() < 1.
double PollaczekKhinchineWait(double rate, const ServiceTime& service);

// The probability that a request waits in M/M/k: Erlang's C formula (volume 1,
// chapter 3).
// REQUIRES: rate * mean < servers.
double ErlangC(int servers, double rate, double mean);
// The mean wait before service begins in M/M/k.
double ErlangWait(int servers, double rate, double mean);

// The mean response time in M/G/1 where all requests share the server equally at every moment
// (volume 2, chapter 4). REQUIRES: rate * service.Mean() < 1.
double ProcessorSharingResponse(double rate, const ServiceTime& service);

// M/G/1 with two classes, of which one interrupts the other, which goes on later where it was
// (preemptive resume; volume 2, chapter 3). The mean response time of the class that is
// interrupted; the other one does not notice it. REQUIRES: the server's load is below 1.
double InterruptedResponse(double rate, const ServiceTime& service, double urgent_rate,
                           const ServiceTime& urgent_service);

}  // namespace overtake::bench::simulate
