// SPDX-License-Identifier: Apache-2.0
// Rounds on one rank: what is stored, and how a run ends.
#include <gtest/gtest.h>

#include "run/made_up_run.hpp"

namespace cardwise::test {
namespace {

/// Runs three cases; counts what the hooks are told.
struct Recorded {
  explicit Recorded(MadeUpRun& made, int rounds = 3, std::uint64_t seed = 1,
                    std::optional<double> time_budget_s = {}) {
    const RoundsOptions options{.rounds = rounds, .seed = seed, .time_budget_s = time_budget_s};
    cases = {planned(saxpy, 100), planned(vector_add, 100), planned(gemm, 8)};
    const RoundsHooks hooks{
        .progress = [&](const RunProgress& p) { order.push_back(p.case_key); },
        .store =
            [&](const std::vector<GatheredVisit>& visits) {
              for (const GatheredVisit& v : visits) stored[std::size_t(v.case_index)] += 1;
            },
        .changed = [&](int index) { changed.push_back(index); },
        .checkpoint = [&](int, int) { ++checkpoints; }};
    end = run_rounds(made.run, cases, options, hooks);
  }
  std::vector<PlannedCase> cases;
  std::vector<std::string> order;
  std::vector<int> stored = {0, 0, 0}, changed;
  int checkpoints = 0;
  RoundsEnd end{};
};

TEST(Rounds, EveryCaseIsVisitedOnceARoundInAShuffledOrder) {
  MadeUpRun made;
  const Recorded r(made, 6, 1);

  EXPECT_EQ(r.end, RoundsEnd::done);
  EXPECT_EQ(r.stored, (std::vector<int>{6, 6, 6}));
  for (const PlannedCase& p : r.cases) EXPECT_EQ(p.row.status, "ok") << p.row.status_text;
  bool shuffled = false;
  for (std::size_t i = 3; i < r.order.size(); ++i) shuffled |= r.order[i] != r.order[i - 3];
  EXPECT_TRUE(shuffled);
}

TEST(Rounds, TheSameSeedGivesTheSameOrder) {
  MadeUpRun made;
  EXPECT_EQ(Recorded(made).order, Recorded(made).order);
  EXPECT_NE(Recorded(made, 6, 1).order,
            Recorded(made, 6, 2).order);
}

TEST(Rounds, AWrongCaseStoresNothingAndTheOthersGoOn) {
  MadeUpRun made("kind=bit,entry=cw_vector_add");
  const Recorded r(made);

  EXPECT_EQ(r.end, RoundsEnd::done);
  EXPECT_EQ(r.stored, (std::vector<int>{3, 0, 3}));
  EXPECT_EQ(r.changed, std::vector<int>{1});
  EXPECT_EQ(r.cases[0].row.status, "ok");
  EXPECT_EQ(r.cases[1].row.status, "wrong");
  EXPECT_EQ(r.cases[2].row.status, "ok");
}

TEST(Rounds, ALostCardEndsTheRun) {
  MadeUpRun made("kind=lost,call=launch,entry=cw_vector_add");
  const Recorded r(made);

  EXPECT_EQ(r.end, RoundsEnd::card_lost);
  EXPECT_EQ(r.stored[1], 0);
  EXPECT_EQ(r.cases[1].row.status, "failed");
}

TEST(Rounds, AStopEndsTheRunAtTheNextBlockWithWhatIsThere) {
  MadeUpRun made;
  int asked = 0;
  made.run.stop = [&] { return ++asked > 8; };
  const Recorded r(made);

  EXPECT_EQ(r.end, RoundsEnd::signal);
  const int stored = r.stored[0] + r.stored[1] + r.stored[2];
  EXPECT_GE(stored, 1);
  EXPECT_LT(stored, 9);
  for (const PlannedCase& p : r.cases)
    EXPECT_TRUE(p.row.status == "partial" || p.row.status == "skipped") << p.row.status;
}

TEST(Rounds, ATimeBudgetNeverEndsBeforeThreeRounds) {
  MadeUpRun made;
  const Recorded r(made, 6, 1, 1e-6);

  EXPECT_EQ(r.end, RoundsEnd::time_budget);
  EXPECT_EQ(r.stored, (std::vector<int>{3, 3, 3}));
  EXPECT_EQ(r.cases[0].row.status, "partial");
}

TEST(Rounds, ABurnInIsCompleteWhenItsTimeIsOver) {
  MadeUpRun made;
  std::vector<PlannedCase> cases = {planned(saxpy, 100)};
  const RoundsOptions options{.rounds = 256, .time_budget_s = 1e-6, .until_budget = true};

  EXPECT_EQ(run_rounds(made.run, cases, options, {}), RoundsEnd::done);
  EXPECT_EQ(cases[0].slowest.size(), 3u);
  EXPECT_EQ(cases[0].row.status, "ok");
}

TEST(Rounds, ACheckpointFollowsTheVisitThatFoundItDue) {
  MadeUpRun made;
  made.run.checkpoint_due = [] { return true; };
  const Recorded r(made);

  EXPECT_EQ(r.checkpoints, 9);
  EXPECT_EQ(r.stored, (std::vector<int>{3, 3, 3}));
}

}  // namespace
}  // namespace cardwise::test
