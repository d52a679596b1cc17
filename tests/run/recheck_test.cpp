// SPDX-License-Identifier: Apache-2.0
// The slowest cards measured again: whom, and what a visit of turns does.
#include "run/recheck.hpp"

#include <gtest/gtest.h>

#include "run/made_up_run.hpp"
#include "run/summary.hpp"
#include "run/visit.hpp"

namespace cardwise::test {
namespace {

/// Cards whose median windows are these, in us; those of `others` are of another model.
std::optional<RecheckOrder> order_of(const std::vector<double>& us,
                                     const std::vector<std::int32_t>& others = {},
                                     const char* family = "mem", bool cold = false) {
  Digest digest;
  digest.bad_timers.assign(us.size(), 0);
  std::vector<double> ns;
  for (const double t : us) ns.push_back(t * 1000);
  digest.median_ns.assign(3, ns);
  std::vector<RankRow> ranks(us.size());
  for (RankRow& row : ranks) row.device_name = "A100";
  for (const std::int32_t r : others) ranks[std::size_t(r)].device_name = "H200";
  Benchmark benchmark = *planned(saxpy, 8).benchmark;
  benchmark.cold = cold;
  PlannedCase p = planned(saxpy, 8);
  p.benchmark = &benchmark;
  p.row.family = family;
  p.launches = 1;
  return recheck_order(4, p, digest, ranks);
}

TEST(RecheckOrder, NamesTheThreeSlowestAndAMiddlingCard) {
  const auto order = order_of({100, 130, 101, 99, 110, 120, 102});

  ASSERT_TRUE(order);
  EXPECT_EQ(order->case_index, 4);
  EXPECT_EQ(order->slowest, (std::vector<std::int32_t>{1, 5, 4}));
  EXPECT_EQ(order->middling, 6);
  EXPECT_NEAR(order->excess, 130.0 / 102 - 1, 1e-12);
}

TEST(RecheckOrder, LeavesAPartnerWhereThereAreFewCards) {
  const auto two = order_of({100, 90});
  ASSERT_TRUE(two);
  EXPECT_EQ(two->slowest, std::vector<std::int32_t>{0});
  EXPECT_EQ(two->middling, 1);
  const auto three = order_of({100, 90, 95});
  ASSERT_TRUE(three);
  EXPECT_EQ(three->slowest, (std::vector<std::int32_t>{0, 2}));
  EXPECT_EQ(three->middling, 1);
}

TEST(RecheckOrder, ComparesCardsOfTheMostFrequentModelOnly) {
  const auto order = order_of({100, 400, 101, 103}, {1});

  ASSERT_TRUE(order);
  EXPECT_EQ(order->slowest, (std::vector<std::int32_t>{3, 2}));
  EXPECT_EQ(order->middling, 0);
}

TEST(RecheckOrder, ThereIsNoneForOneCardOrWhereRanksTalkOrCompile) {
  EXPECT_FALSE(order_of({100}));
  EXPECT_FALSE(order_of({100, unknown}));
  EXPECT_FALSE(order_of({100, 90}, {}, "exchange"));
  EXPECT_FALSE(order_of({100, 90}, {}, "collective"));
  EXPECT_FALSE(order_of({100, 90}, {}, "api", true));
}

/// A case that has had its rounds; launches of 64 us windows.
PlannedCase measured(MadeUpRun& made) {
  PlannedCase p = planned(vector_add, 100);
  p.facts.rounds = 1;
  EXPECT_TRUE(made.visit(p));
  return p;
}

TEST(Turns, TheSlowestCardIsTimedAloneAndInAPair) {
  MadeUpRun made;
  PlannedCase p = measured(made);
  const auto rows = visit_again(made.run, p, {.case_index = 0, .slowest = {0}, .middling = 1});

  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 16u);
  for (std::size_t i = 0; i < rows->size(); ++i) {
    EXPECT_EQ((*rows)[i].rank, 0);
    EXPECT_EQ((*rows)[i].mode, i < 8 ? "alone" : "pair");
    EXPECT_EQ((*rows)[i].window_ns, 64'000);
  }
  EXPECT_TRUE(p.active);
  EXPECT_EQ(p.slowest.size(), 1u);  // no round was added
}

TEST(Turns, WhoOnlyWaitsMeasuresNothingAndIsNotWrong) {
  MadeUpRun made;
  PlannedCase p = measured(made);
  const auto rows = visit_again(made.run, p, {.case_index = 0, .slowest = {1}, .middling = 2});

  ASSERT_TRUE(rows) << p.row.status_text;
  EXPECT_TRUE(rows->empty());
}

TEST(Turns, TheMiddlingCardWorksButIsNotTheOneMeasured) {
  MadeUpRun made;
  PlannedCase p = measured(made);
  const auto rows = visit_again(made.run, p, {.case_index = 0, .slowest = {1}, .middling = 0});

  ASSERT_TRUE(rows) << p.row.status_text;
  EXPECT_TRUE(rows->empty());
}

TEST(Turns, AResultThatIsWrongThisTimeMakesTheCaseWrong) {
  MadeUpRun made;
  PlannedCase p = measured(made);
  made.open("kind=first,entry=cw_vector_add");
  const auto rows = visit_again(made.run, p, {.case_index = 0, .slowest = {0}, .middling = 1});

  EXPECT_FALSE(rows);
  EXPECT_EQ(p.row.status, "wrong");
  EXPECT_TRUE(p.wrong);
}

std::vector<Rechecked> recheck_two(MadeUpRun& made, double most_s, std::vector<int>* changed) {
  std::vector<PlannedCase> cases = {measured(made), measured(made)};
  const std::vector<RecheckOrder> orders = {
      {.case_index = 0, .slowest = {0}, .middling = 1, .excess = 0.01},
      {.case_index = 1, .slowest = {0}, .middling = 1, .excess = 0.20}};
  return recheck(made.run, cases, orders, most_s,
                 [&](int index) { changed->push_back(index); });
}

TEST(Recheck, TheCaseThatStandsOutMostComesFirst) {
  MadeUpRun made;
  std::vector<int> changed;
  const auto found = recheck_two(made, 100, &changed);

  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].case_index, 1);
  EXPECT_EQ(found[1].case_index, 0);
  EXPECT_EQ(found[0].rows.size(), 16u);
  EXPECT_TRUE(changed.empty());
}

TEST(Recheck, NoCaseBeginsThatTheTimeDoesNotAllow) {
  MadeUpRun made;
  std::vector<int> changed;
  EXPECT_EQ(recheck_two(made, 1e-9, &changed).size(), 0u);
}

}  // namespace
}  // namespace cardwise::test
