// SPDX-License-Identifier: Apache-2.0
// Figures of /index from made-up digests that one can check by eye.
#include "run/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace cardwise {
namespace {

/// Two cards, three rounds, B = 10: card 0 takes 1 us a launch, card 1 takes 2 us.
Digest two_cards() {
  Digest digest;
  digest.bad_timers = {0, 0};
  for (int k = 0; k < 3; ++k) {
    digest.median_ns.push_back({10'000, 20'000});
    digest.sm_mhz.push_back({1000, 1000});
  }
  digest.samples = 100;
  digest.flagged = 5;
  digest.throttled = 2;
  return digest;
}

PlannedCase case_of(const char* family, const char* units) {
  PlannedCase p;
  p.row.family = family;
  p.row.benchmark = "triad";
  p.row.units = units;
  p.row.dtype = "f32";
  p.row.cache = "dram";
  p.row.status = "ok";
  p.row.bytes_per_launch = p.row.traffic_per_launch = 4000;
  p.row.flops_per_launch = 1000;
  p.launches = 10;
  p.facts.block = 2;
  p.slowest = {{20e-6, 20e-6}, {21e-6, 21e-6}, {22e-6, 22e-6}};  // a window of 10
  return p;
}

TEST(Summary, CardsAndSynchronousTime) {
  PlannedCase p = case_of("mem", "B/s");
  summarise(p, two_cards());

  EXPECT_DOUBLE_EQ(p.row.card_min, 1e-6);
  EXPECT_DOUBLE_EQ(p.row.card_median, 1.5e-6);
  EXPECT_DOUBLE_EQ(p.row.card_max, 2e-6);
  EXPECT_DOUBLE_EQ(p.row.imbalance, 0.75);             // 1.5 / 2
  EXPECT_DOUBLE_EQ(p.row.rate_sum, 4e9 + 2e9);         // 4000 B / 1 us + 4000 B / 2 us
  EXPECT_DOUBLE_EQ(p.row.time_sync_median, 2.1e-6);    // the middle round
  EXPECT_NEAR(p.row.rate_sync, 2 * 4000 / 2.1e-6, 1);  // both cards' work
  EXPECT_NEAR(p.row.jitter, 2 / 2.1, 1e-12);
  EXPECT_DOUBLE_EQ(p.row.flagged_frac, 0.05);
  EXPECT_DOUBLE_EQ(p.row.throttled_frac, 0.02);
  EXPECT_DOUBLE_EQ(p.row.cycles_median, 1500);  // 1000 and 2000 cycles at 1 GHz
  EXPECT_EQ(p.row.rounds, 3);
  EXPECT_EQ(p.row.samples, 6);
  EXPECT_EQ(p.row.launches_per_sample, 10);
  EXPECT_EQ(p.row.verified, 1);
}

TEST(Summary, ComputeCountsOperations) {
  PlannedCase p = case_of("compute", "FLOP/s");
  summarise(p, two_cards());
  EXPECT_DOUBLE_EQ(p.row.rate_sum, 1e9 + 0.5e9);
}

TEST(Summary, AWrongCaseHasNoFigures) {
  PlannedCase p = case_of("mem", "B/s");
  p.row.status = "wrong";
  summarise(p, two_cards());

  EXPECT_TRUE(std::isnan(p.row.time_sync_median));
  EXPECT_TRUE(std::isnan(p.row.rate_sync));
  EXPECT_TRUE(std::isnan(p.row.card_median));
  EXPECT_EQ(p.row.verified, 0);
}

TEST(Summary, NoValidSampleIsAFailure) {
  Digest digest = two_cards();
  for (auto& round : digest.median_ns) round = {unknown, unknown};
  PlannedCase p = case_of("mem", "B/s");
  summarise(p, digest);

  EXPECT_EQ(p.row.status, "failed");
  EXPECT_NE(p.row.status_text.find("clock"), std::string::npos);
}

TEST(Summary, AClockThatLiesOnOneCardFailsTheCaseAndIsNamed) {
  Digest digest = two_cards();
  for (auto& round : digest.median_ns) round[1] = unknown;
  PlannedCase p = case_of("mem", "B/s");
  std::vector<RankRow> ranks(2);
  ranks[1].host = "node7";
  ranks[1].identity = "GPU-7";

  digest.bad_timers = {0, 0};  // the second takes part, and another's clock counts
  summarise(p, digest, ranks);
  EXPECT_EQ(p.row.status, "ok");

  digest.bad_timers = {0, 6};
  p = case_of("mem", "B/s");
  summarise(p, digest, ranks);
  EXPECT_EQ(p.row.status, "failed");
  EXPECT_EQ(p.row.status_text.find("rank 1 on node7 (GPU-7): no valid sample"), 0u)
      << p.row.status_text;
  EXPECT_TRUE(std::isnan(p.row.card_median));
}

TEST(Digest, CountsWhatBadTimersCost) {
  Visit good, bad;
  good.time_ns = bad.time_ns = {10, 0};
  good.flags = {0, 0};
  bad.flags = {0, flag_invalid | flag_bad_timer};
  Digest digest;
  for (int round = 0; round < 2; ++round)
    digest.add({.case_index = 0, .round = round, .ranks = {0, 1}, .by_rank = {good, bad}});

  EXPECT_EQ(digest.bad_timers, (std::vector<std::uint64_t>{0, 2}));
}

TEST(Digest, LeavesInvalidSamplesOutAndCountsFlags) {
  Visit v;
  v.time_ns = {10, 1'000'000, 30, 20};
  v.flags = {0, flag_invalid, flag_hw_throttle, flag_power_cap};
  Digest digest;
  digest.add({.case_index = 0, .round = 0, .ranks = {0}, .by_rank = {v}});

  EXPECT_EQ(digest.card_medians(), std::vector<double>{20});
  EXPECT_EQ(digest.samples, 3u);  // an invalid one is none
  EXPECT_EQ(digest.flagged, 1u);  // bit 3 does not count
  EXPECT_EQ(digest.throttled, 1u);
}

TEST(Ceilings, AreEachCardsOwnBest) {
  std::vector<PlannedCase> cases{case_of("mem", "B/s"), case_of("mem", "B/s")};
  cases[1].row.benchmark = "copy";
  cases[1].row.traffic_per_launch = 6000;
  for (PlannedCase& p : cases) p.params.set("n", 1000);
  const std::vector<Digest> digests{two_cards(), two_cards()};
  std::vector<RankRow> ranks(2);
  ranks[0].peak_mem = ranks[1].peak_mem = 8e9;
  set_ceilings(cases, digests, ranks);
  set_percentages(cases[0], digests[0], ranks);

  EXPECT_DOUBLE_EQ(ranks[0].ceiling_mem, 6e9);
  EXPECT_DOUBLE_EQ(ranks[1].ceiling_mem, 3e9);
  EXPECT_NEAR(cases[0].row.pct_ceiling, 100 * 4.0 / 6, 1e-9);
  EXPECT_NEAR(cases[0].row.pct_theoretical, 37.5, 1e-9);  // 50 % and 25 %
}

TEST(Percentages, BeyondTheDataSheetIsImplausible) {
  PlannedCase p = case_of("mem", "B/s");
  std::vector<RankRow> ranks(2);
  ranks[0].peak_mem = ranks[1].peak_mem = 1e9;
  set_percentages(p, two_cards(), ranks);
  EXPECT_EQ(p.row.status, "implausible");
}

TEST(Slowest, IsNamedWithItsExcess) {
  const Slowest slowest = slowest_card(two_cards());
  EXPECT_EQ(slowest.rank, 1);
  EXPECT_NEAR(slowest.excess, 2 / 1.5 - 1, 1e-12);
}

TEST(Peers, ACardTenPerCentBelowItsModelsMedianClockIsFlagged) {
  GatheredVisit visit;
  for (const float mhz : {1000.f, 1000.f, 899.f}) {
    Visit v;
    v.flags = {0};
    v.sm_mhz = mhz;
    visit.by_rank.push_back(v);
  }
  std::vector<RankRow> ranks(3);
  flag_peers(visit, ranks);

  EXPECT_EQ(visit.by_rank[0].flags[0], 0);
  EXPECT_EQ(visit.by_rank[2].flags[0], flag_clock_low);
}

}  // namespace
}  // namespace cardwise
