// The simulator's parts, and its queues against theory.

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/service_time.h"
#include "bench/simulate/cores.h"
#include "bench/simulate/event_queue.h"
#include "bench/simulate/fifo.h"
#include "bench/simulate/random.h"
#include "bench/simulate/statistics.h"
#include "bench/simulate/theory.h"
#include "bench/simulate/validation.h"

namespace overtake::bench::simulate {
namespace {

TEST(FifoTest, KeepsItsOrderWhileItGrowsAndTurns) {
  Fifo<int> fifo;
  int pushed = 0, popped = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 7; ++i) fifo.Push(pushed++);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(fifo.Pop(), popped++);
  }
  EXPECT_EQ(fifo.size(), 100U);
  while (!fifo.empty()) ASSERT_EQ(fifo.Pop(), popped++);
  EXPECT_EQ(popped, pushed);
}

TEST(EventQueueTest, IsInOrderOfTimeThenOfInsertion) {
  EventQueue events;
  Random random(1, 0);
  for (uint32_t i = 0; i < 2'000; ++i) {
    events.Add(std::floor(random.Uniform() * 100), EventKind::kArrival, i);
  }
  Event last = events.Pop();
  while (!events.empty()) {
    const Event next = events.Pop();
    EXPECT_EQ(events.now_us(), next.at_us);
    ASSERT_TRUE(last.at_us < next.at_us || (last.at_us == next.at_us && last.index < next.index));
    last = next;
  }
}

TEST(BatchMeansTest, StandardErrorIsThatOfIndependentValues) {
  constexpr int kValues = 320'000;
  BatchMeans means(kValues);
  Random random(5, 0);
  for (int i = 0; i < kValues; ++i) means.Add(-2 * std::log1p(-random.Uniform()));
  EXPECT_NEAR(means.Mean(), 2, 0.02);
  // Of 32 batches, the estimate itself is within some 40 %.
  EXPECT_NEAR(means.StandardError() / (2 / std::sqrt(kValues)), 1, 0.4);
}

TEST(TheoryTest, KnownValues) {
  const ServiceTime exponential = ServiceTime::Exponential(1);
  EXPECT_NEAR(PollaczekKhinchineWait(0.8, exponential), 4, 1e-12);
  EXPECT_NEAR(PollaczekKhinchineWait(0.8, ServiceTime::Fixed(1)), 2, 1e-12);
  EXPECT_NEAR(ErlangC(1, 0.8, 1), 0.8, 1e-12);
  EXPECT_NEAR(ErlangC(2, 1.6, 1), 2 * 0.64 / 1.8, 1e-12);
  EXPECT_NEAR(ErlangWait(1, 0.8, 1), 4, 1e-12);
  EXPECT_NEAR(ProcessorSharingResponse(0.8, exponential), 5, 1e-12);
  // Without interruptions it is M/G/1.
  EXPECT_NEAR(InterruptedResponse(0.8, exponential, 0, exponential), 5, 1e-12);
}

// The queues are those of `overtake-bench simulate --validate`, with fewer requests. Waits follow
// the normal distribution around the theory's: beyond 4 standard errors lie 0.006 % of all seeds.
class ValidationTest : public testing::TestWithParam<int> {};

TEST_P(ValidationTest, IsWithinFourStandardErrorsOfTheory) {
  const ValidationRow row = Validate(GetParam(), 200'000, 1, [] {});
  EXPECT_GT(row.standard_error_us, 0);
  EXPECT_LT(row.standard_error_us, 0.2 * row.theory_us);
  EXPECT_NEAR(row.simulated_us, row.theory_us, 4 * row.standard_error_us) << row.queue;
}

INSTANTIATE_TEST_SUITE_P(All, ValidationTest, testing::Range(0, ValidationCount()));

// Threads that are told what to do, and what happened to them.
class CoresTest : public testing::Test, public Cores::Listener {
 protected:
  void WorkDone(Thread* thread, const Work& work) override {
    done.push_back(thread->name() + "@" + std::to_string(std::lround(events.now_us())));
    if (work.step == Step::kRead) cores->Charge(thread, 5);
  }
  void Start(int count, CoreQueues queues = CoreQueues::kOne) {
    cores = std::make_unique<Cores>(count, queues, costs, &events, this);
  }
  void Post(Thread* thread, double us, bool low = false, Step step = Step::kExecute) {
    cores->Post(thread, {&request, us, step, low});
  }
  void Run() {
    while (!events.empty()) {
      const Event event = events.Pop();
      if (event.kind == EventKind::kArrival) {
        Post(late_thread, late_us);
      } else {
        cores->OnEvent(event);
      }
    }
  }
  void PostAt(double at_us, Thread* thread, double us) {
    events.Add(at_us, EventKind::kArrival, 0);
    late_thread = thread;
    late_us = us;
  }

  using Done = std::vector<std::string>;
  Costs costs = Costs::None();
  EventQueue events;
  std::unique_ptr<Cores> cores;
  Request request;
  Thread* late_thread = nullptr;
  double late_us = 0;
  Done done;
};

TEST_F(CoresTest, AThreadWorksInOrder) {
  costs.wake_latency_us = 20;
  Start(2);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Post(a, 10);
  Post(a, 5);
  Run();
  EXPECT_EQ(done, (Done{"a@30", "a@35"}));
  EXPECT_DOUBLE_EQ(a->busy_us(), 15);
}

TEST_F(CoresTest, WhatWasChargedComesBeforeTheNextWork) {
  Start(1);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Post(a, 10, false, Step::kRead);
  Post(a, 10);
  Run();
  EXPECT_EQ(done, (Done{"a@10", "a@25"}));
}

TEST_F(CoresTest, AnIdleCoreIsTakenByWhoWaits) {
  costs.switch_us = 2;
  costs.slice_us = 1'000;
  Start(1);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Thread* const b = cores->AddThread("b", Rank::kNormal);
  Post(a, 10);
  Post(b, 10);
  Run();
  EXPECT_EQ(done, (Done{"a@10", "b@22"}));
}

// Two cores: `a` has one for 100 us, `b` the other one for 20, and `c` comes at 5.
TEST_F(CoresTest, WhoWaitsForAnyCoreGetsTheFirst) {
  Start(2, CoreQueues::kOne);
  Post(cores->AddThread("a", Rank::kNormal), 100);
  Post(cores->AddThread("b", Rank::kNormal), 20);
  PostAt(5, cores->AddThread("c", Rank::kNormal), 10);
  Run();
  EXPECT_EQ(done, (Done{"b@20", "c@30", "a@100"}));
}

TEST_F(CoresTest, WhoWaitsForItsLastCoreDoesNotGetAnotherOne) {
  costs.slice_us = 1'000;
  costs.preempt_us = 45;
  Start(2, CoreQueues::kEach);
  Post(cores->AddThread("a", Rank::kNormal), 100);
  Post(cores->AddThread("b", Rank::kNormal), 20);
  Thread* const c = cores->AddThread("c", Rank::kNormal);
  PostAt(5, c, 10);
  Run();
  EXPECT_EQ(done, (Done{"b@20", "a@100", "c@110"}));
}

TEST_F(CoresTest, AHigherRankTakesItsLastCoreFromALowerOne) {
  costs.preempt_us = 45;
  Start(2, CoreQueues::kEach);
  Post(cores->AddThread("a", Rank::kNormal), 100);
  Post(cores->AddThread("b", Rank::kNormal), 20);
  PostAt(5, cores->AddThread("c", Rank::kUrgent), 10);
  Run();
  EXPECT_EQ(done, (Done{"b@20", "c@60", "a@110"}));
}

TEST_F(CoresTest, EqualsShareACoreBySlices) {
  costs.slice_us = 10;
  Start(1);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Thread* const b = cores->AddThread("b", Rank::kNormal);
  Post(a, 25);
  Post(b, 15);
  Run();  // a 0-10, b 10-20, a 20-30, b 30-35, a 35-40
  EXPECT_EQ(done, (Done{"b@35", "a@40"}));
}

TEST_F(CoresTest, ASliceThatNobodyWantedIsNotHeldAgainstWhoRuns) {
  costs.slice_us = 10;
  Start(1);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Thread* const b = cores->AddThread("b", Rank::kNormal);
  Post(a, 50);
  PostAt(34, b, 3);
  Run();  // a 0-40, b 40-43, a 43-53
  EXPECT_EQ(done, (Done{"b@43", "a@53"}));
}

TEST_F(CoresTest, AHigherRankTakesTheCore) {
  costs.preempt_us = 4;
  costs.slice_us = costs.low_slice_us = 1'000;
  Start(1);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Thread* const b = cores->AddThread("b", Rank::kNormal);
  Post(a, 50, /*low=*/true);
  PostAt(30, b, 3);
  Run();  // a 0-34, b 34-37, a 37-53
  EXPECT_EQ(done, (Done{"b@37", "a@53"}));
  EXPECT_DOUBLE_EQ(a->busy_us(), 50);
}

TEST_F(CoresTest, ALowerRankWaitsUntilACoreIsIdle) {
  costs.slice_us = 10;
  Start(1);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Thread* const b = cores->AddThread("b", Rank::kNormal);
  Post(a, 100);
  Post(b, 10, /*low=*/true);
  Run();
  EXPECT_EQ(done, (Done{"a@100", "b@110"}));
}

TEST_F(CoresTest, WhoTurnsToLowWorkMakesRoom) {
  costs.slice_us = 1'000;
  Start(1);
  Thread* const a = cores->AddThread("a", Rank::kNormal);
  Thread* const b = cores->AddThread("b", Rank::kNormal);
  Post(a, 10);
  Post(a, 20, /*low=*/true);
  Post(b, 10);
  Run();
  EXPECT_EQ(done, (Done{"a@10", "b@20", "a@40"}));
}

}  // namespace
}  // namespace overtake::bench::simulate
