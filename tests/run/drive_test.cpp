// SPDX-License-Identifier: Apache-2.0
// Warm-up, calibration, samples and statuses of one visit.
#include <gtest/gtest.h>

#include "run/made_up_run.hpp"

namespace cardwise::test {
namespace {

std::uint64_t launches_at(std::int64_t launch_ns) {
  MadeUpRun made;
  made.run.limits.device_window = 1e-3;
  made.card.launch_ns = [=](const std::string&, std::uint64_t) { return launch_ns; };
  PlannedCase p = planned(saxpy, 8);
  EXPECT_TRUE(made.visit(p)) << p.row.status_text;
  return p.launches;
}

TEST(Calibrate, FillsTheWindowWithAPowerOfTwoOfLaunches) {
  EXPECT_EQ(launches_at(1'000), 1024u);  // 1 ms / 1 us = 1000
  EXPECT_EQ(launches_at(300'000), 4u);   // 3.3
  EXPECT_EQ(launches_at(2'000'000), 1u);
}

TEST(Calibrate, LaterRoundsKeepTheFirstRoundsLaunches) {
  MadeUpRun made;
  PlannedCase p = planned(saxpy, 8);
  ASSERT_TRUE(made.visit(p, 0));
  const std::uint64_t launches = p.launches;
  made.card.launch_ns = [](const std::string&, std::uint64_t) { return 16'000; };
  ASSERT_TRUE(made.visit(p, 1));

  EXPECT_EQ(launches, 64u);
  EXPECT_EQ(p.launches, 64u);
}

TEST(Block, HasTheWindowsOfTheDevicesClock) {
  MadeUpRun made;
  PlannedCase p = planned(saxpy, 8);
  const std::optional<Visit> visit = made.visit(p);

  ASSERT_TRUE(visit);
  EXPECT_EQ(visit->time_ns, std::vector<std::int64_t>(4, 64'000));  // 64 launches of 1 us
  for (const std::uint16_t flags : visit->flags) EXPECT_EQ(flags & flag_invalid, 0);
  EXPECT_GT(visit->host_ns, 0);
  ASSERT_EQ(p.slowest.size(), 1u);
  for (const double s : p.slowest[0]) EXPECT_DOUBLE_EQ(s, 64e-6);
}

TEST(Block, ASlowCardShowsInTheDevicesClock) {
  MadeUpRun made("kind=slow,factor=3,entry=cw_saxpy");
  PlannedCase p = planned(saxpy, 8);
  p.launches = 64;
  const std::optional<Visit> visit = made.visit(p);

  ASSERT_TRUE(visit);
  EXPECT_EQ(visit->time_ns, std::vector<std::int64_t>(4, 192'000));
}

TEST(Block, AWindowOfNothingIsABadTimer) {
  MadeUpRun made("kind=timer-equal,nth=5");  // after two windows of warm-up, in the block
  PlannedCase p = planned(saxpy, 8);
  p.launches = 64;
  made.run.limits.warm_up_max = 0;
  const std::optional<Visit> visit = made.visit(p);

  ASSERT_TRUE(visit);
  EXPECT_EQ(visit->flags.size(), 4u);
  EXPECT_GT(visit->time_ns.front(), 0);
  EXPECT_EQ(visit->time_ns.back(), 0);
  for (std::size_t i = 0; i < visit->flags.size(); ++i)
    EXPECT_EQ(bool(visit->flags[i] & flag_bad_timer), visit->time_ns[i] == 0) << i;
}

TEST(Block, BadStampsCountForNothing) {
  for (const char* how : {"timer-zero", "timer-equal", "timer-reversed"}) {
    MadeUpRun made(std::string("kind=") + how);
    PlannedCase p = planned(saxpy, 8);
    p.launches = 64;
    const std::optional<Visit> visit = made.visit(p);

    ASSERT_TRUE(visit) << how;
    for (const std::uint16_t flags : visit->flags) EXPECT_TRUE(flags & flag_invalid) << how;
    EXPECT_EQ(p.slowest, (std::vector<std::vector<double>>{{0, 0, 0, 0}})) << how;
  }
}

/// Status and text of a saxpy visit with a fault.
PlannedCase ended(const std::string& faults, int round = 0) {
  MadeUpRun made(faults);
  PlannedCase p = planned(saxpy, 8);
  EXPECT_FALSE(made.visit(p, round)) << faults;
  EXPECT_FALSE(p.active);
  return p;
}

TEST(Status, AnErrorOfEachCallFailsTheCaseAndNamesRankHostAndCard) {
  for (const char* call :
       {"allocate", "load", "launch", "read", "fill", "mark", "wait", "elapsed"}) {
    const PlannedCase p = ended(std::string("kind=error,call=") + call);
    EXPECT_EQ(p.row.status, "failed") << call;
    EXPECT_NE(p.row.status_text.find("rank 0 on here (card7): planted fault: error in "),
              std::string::npos)
        << p.row.status_text;
    EXPECT_NE(p.row.status_text.find(call), std::string::npos) << p.row.status_text;
  }
}

TEST(Status, AnErrorLateInTheBlockFailsTheCase) {
  const PlannedCase p = ended("kind=error,call=launch,nth=200");
  EXPECT_EQ(p.row.status, "failed");
}

TEST(Status, ABuildLogIsKept) {
  const PlannedCase p = ended("kind=error,call=load");
  EXPECT_NE(p.row.status_text.find("build log:\n"), std::string::npos) << p.row.status_text;
}

TEST(Status, AKernelThatDoesNotExistFails) {
  MadeUpRun made;
  made.card.kernels.erase("cw_saxpy");
  PlannedCase p = planned(saxpy, 8);

  EXPECT_FALSE(made.visit(p));
  EXPECT_EQ(p.row.status, "failed");
}

TEST(Status, ABenchmarkThatChecksNothingFails) {
  const Benchmark careless{.family = "mem", .name = "careless", .cases = {}, .body = [](Case& c) {
                             Buffer& y = c.output(c.size("n"));
                             c.measure([&](Queue& q, std::uint64_t) { q.fill(y, 0, 0, 4); });
                           }};
  MadeUpRun made;
  PlannedCase p = planned(careless, 8);

  EXPECT_FALSE(made.visit(p));
  EXPECT_EQ(p.row.status, "failed");
  EXPECT_NE(p.row.status_text.find("checks nothing"), std::string::npos) << p.row.status_text;
}

TEST(Status, ALostCardIsKnownToTheRun) {
  MadeUpRun made("kind=lost,call=wait,nth=5");
  PlannedCase p = planned(saxpy, 8);

  EXPECT_FALSE(made.visit(p));
  EXPECT_EQ(p.row.status, "failed");
  EXPECT_TRUE(made.run.lost_agreed);
}

TEST(Status, WhatDoesNotFitIsSkippedWithTheLargestThatDoes) {
  MadeUpRun made;
  made.card.info.memory_bytes = 1 << 20;
  PlannedCase p = planned(saxpy, 1 << 20);

  EXPECT_FALSE(made.visit(p));
  EXPECT_EQ(p.row.status, "skipped");
  EXPECT_NE(p.row.status_text.find("--max-bytes"), std::string::npos) << p.row.status_text;
}

TEST(Status, NoDoublePrecisionIsASkip) {
  MadeUpRun made;
  made.card.info.f64 = false;
  PlannedCase p = planned(saxpy, 8, "f64");

  EXPECT_FALSE(made.visit(p));
  EXPECT_EQ(p.row.status, "skipped");
}

TEST(Status, ASkipInALaterRoundIsAFailure) {
  MadeUpRun made;
  PlannedCase p = planned(saxpy, 8);
  ASSERT_TRUE(made.visit(p, 0));
  made.run.devices.clear();

  EXPECT_FALSE(made.visit(p, 1));
  EXPECT_EQ(p.row.status, "failed");
}

TEST(Status, AMemberWithoutACardGoesThroughAllAgreements) {
  MadeUpRun made;
  made.run.missing = true;
  made.run.devices.clear();
  PlannedCase p = planned(saxpy, 8);
  const std::optional<Visit> visit = made.visit(p);

  ASSERT_TRUE(visit) << p.row.status_text;
  for (const std::uint16_t flags : visit->flags) EXPECT_NE(flags & flag_invalid, 0);
}

}  // namespace
}  // namespace cardwise::test
