// SPDX-License-Identifier: Apache-2.0
// Every planted wrong element is found, named with index, expected and found value, and withholds
// the number.
#include <gtest/gtest.h>

#include <cmath>

#include "core/sha256.hpp"
#include "device/fault_data.hpp"
#include "run/case_state.hpp"
#include "run/made_up_run.hpp"

namespace cardwise::test {
namespace {

constexpr std::uint64_t n = 1000;  // 1000 % 64 != 0: a tail

/// x and y of the case as the host makes them: buffers 0 and 1.
struct SaxpyData {
  explicit SaxpyData(const PlannedCase& p) {
    Params params = p.params;
    params.set("backend", "any");
    const std::string key = case_key(p.row.family, p.row.benchmark, params);
    const std::uint64_t seed = std::stoull(sha256_hex(key).substr(0, 16), nullptr, 16);
    x = {.data = Data::grid, .seed = mix(seed, 0), .is_f32 = p.row.dtype == "f32"};
    y = {.data = Data::grid, .seed = mix(seed, 1), .is_f32 = p.row.dtype == "f32"};
  }
  double right(std::uint64_t i) const { return 3 * x(i) + y(i); }
  Initial x, y;
};

/// Visits saxpy with a fault in its results; the case must be wrong, with no samples.
Wrong wrong_of(const std::string& faults, const Benchmark& benchmark = saxpy,
               const std::string& dtype = "f32", std::uint64_t elements = n) {
  MadeUpRun made(faults);
  PlannedCase p = planned(benchmark, elements, dtype);
  const std::optional<Visit> visit = made.visit(p);
  EXPECT_FALSE(visit) << faults;
  EXPECT_EQ(p.row.status, "wrong") << faults << ": " << p.row.status_text;
  EXPECT_FALSE(p.active);
  EXPECT_EQ(made.run.verify_failures, 1);
  EXPECT_NE(p.row.status_text.find("rank 0 on here (card7)"), std::string::npos)
      << p.row.status_text;
  return p.wrong.value_or(Wrong{});
}

class BothTypes : public testing::TestWithParam<const char*> {
 protected:
  std::string dtype = GetParam();
  SaxpyData data{planned(saxpy, n, dtype)};
  Wrong wrong(const std::string& kind) {
    return wrong_of("entry=cw_saxpy,kind=" + kind, saxpy, dtype);
  }
};

INSTANTIATE_TEST_SUITE_P(Verify, BothTypes, testing::Values("f32", "f64"));

TEST_P(BothTypes, RightDataPass) {
  MadeUpRun made;
  PlannedCase p = planned(saxpy, n, dtype);
  const std::optional<Visit> visit = made.visit(p);

  ASSERT_TRUE(visit) << p.row.status_text;
  EXPECT_EQ(p.row.status, "planned");
  EXPECT_EQ(made.run.verify_failures, 0);
  EXPECT_NE(visit->result_checksum, 0u);
}

TEST_P(BothTypes, TheFirstElementIsNamed) {
  const Wrong w = wrong("first");
  EXPECT_EQ(w.rank, 0);
  EXPECT_EQ(w.host, "here");
  EXPECT_EQ(w.index, 0);
  EXPECT_EQ(w.count, 1);
  EXPECT_EQ(w.expected, data.right(0));
  EXPECT_EQ(w.found, data.right(0) + 1);
}

TEST_P(BothTypes, TheLastElementIsNamed) {
  const Wrong w = wrong("last");
  EXPECT_EQ(w.index, 999);
  EXPECT_EQ(w.count, 1);
  EXPECT_EQ(w.expected, data.right(999));
  EXPECT_EQ(w.found, data.right(999) + 1);
}

TEST_P(BothTypes, OneLowBitIsFound) {
  const Wrong w = wrong("bit");
  EXPECT_EQ(w.index, 500);
  EXPECT_EQ(w.count, 1);
  EXPECT_EQ(w.expected, data.right(500));
  EXPECT_NE(w.found, w.expected);
  EXPECT_NEAR(w.found, w.expected, 1e-6);
}

TEST_P(BothTypes, ASwappedPairIsFound) {
  const Wrong w = wrong("swap");
  EXPECT_EQ(w.count, 2);
  EXPECT_EQ(w.expected, data.right(std::uint64_t(w.index)));
  EXPECT_EQ(w.found, data.right(std::uint64_t(w.index) + 1));
}

TEST_P(BothTypes, AllZeroIsFound) {
  const Wrong w = wrong("zero");
  EXPECT_GT(w.count, 990);  // a right element may be 0 too
  EXPECT_EQ(w.found, 0);
}

TEST_P(BothTypes, NaNIsFound) {
  const Wrong w = wrong("nan");
  EXPECT_EQ(w.index, 0);
  EXPECT_EQ(w.count, 1000);
  EXPECT_TRUE(std::isnan(w.found));
}

TEST_P(BothTypes, AConstantIsFound) {
  const Wrong w = wrong("constant");
  EXPECT_GT(w.count, 990);
  EXPECT_EQ(w.found, 1);
}

TEST_P(BothTypes, SkippedLaunchesLeaveTheOldValues) {
  const Wrong w = wrong("skip");
  EXPECT_GT(w.count, 990);
  EXPECT_EQ(w.expected, data.right(std::uint64_t(w.index)));
  EXPECT_EQ(w.found, data.y(std::uint64_t(w.index)));
}

TEST_P(BothTypes, OneSkippedLaunchOfManyIsFoundWhereTheResultAccumulates) {
  const Wrong w = wrong("skip,nth=100,count=1");
  EXPECT_GT(w.count, 990);
}

TEST_P(BothTypes, AWrittenGuardIsFound) {
  const Wrong w = wrong("guard");
  const std::int64_t bytes = dtype == "f64" ? 8000 : 4000;
  EXPECT_EQ(w.index, bytes + 2048);
  EXPECT_EQ(w.expected, 0xA5);
  EXPECT_EQ(w.found, 0x5A);
}

TEST(Verify, AnOutputThatNobodyWroteIsStillPoison) {
  const Wrong w = wrong_of("kind=skip,entry=cw_vector_add", vector_add);
  EXPECT_EQ(w.index, 0);
  EXPECT_EQ(w.count, 1000);
  EXPECT_TRUE(std::isnan(w.found));
}

TEST(Verify, AWrongInputIsFoundThroughTheResult) {
  const Wrong w = wrong_of("kind=first,entry=cw_data_grid,count=1", vector_add);
  EXPECT_EQ(w.index, 0);
  EXPECT_EQ(w.count, 1);
  EXPECT_EQ(w.found, w.expected + 1);
}

TEST(Verify, AChecksumKernelThatDoesNothingIsNoExcuse) {
  MadeUpRun made("kind=skip,entry=cw_checksum");
  PlannedCase p = planned(saxpy, n);

  EXPECT_FALSE(made.visit(p));
  EXPECT_EQ(p.row.status, "wrong");
  EXPECT_NE(p.row.status_text.find("checksum made on the card"), std::string::npos);
}

TEST(Verify, SumsThatAnEarlierVisitLeftInTheMemoryAreNotTakenForThisOnes) {
  MadeUpRun made;
  PlannedCase p = planned(saxpy, n);
  ASSERT_TRUE(made.visit(p, 0));
  made.open("kind=skip,entry=cw_checksum");

  EXPECT_FALSE(made.visit(p, 1));
  EXPECT_EQ(p.row.status, "wrong");
}

TEST(Verify, SumsOfAnEarlierVisitThatARuntimeGivesBackAgainAreKnownForOld) {
  MadeUpRun made("kind=previous");
  PlannedCase p = planned(saxpy, n);
  ASSERT_TRUE(made.visit(p, 0));

  EXPECT_FALSE(made.visit(p, 1));
  EXPECT_EQ(p.row.status, "wrong");
  EXPECT_NE(p.row.status_text.find("checksum made on the card"), std::string::npos);
}

/// As counter_body, but each round launches as often as the other.
void steady_counter_body(Case& c) {
  Buffer& counter = c.zeros(8);
  c.expect_launch_count(counter);
  Kernel& kernel = c.kernel("counter", 64);
  c.measure_host(
      [&](std::uint64_t) {
        c.queue().launch(kernel, {{64, 1, 1}, {64, 1, 1}}, {counter});
        c.queue().wait();
      },
      [](std::uint64_t) {});
}

TEST(Verify, ACountOfAnEarlierVisitThatARuntimeGivesBackAgainIsKnownForOld) {
  const Benchmark counter{
      .family = "latency", .name = "counter", .cases = {}, .body = steady_counter_body};
  // The fifth read is that of the third visit's counter (counter, guard, counter, ...).
  MadeUpRun made("kind=previous,nth=5");
  PlannedCase p = planned(counter, 1);
  ASSERT_TRUE(made.visit(p, 1));
  ASSERT_TRUE(made.visit(p, 2));

  EXPECT_FALSE(made.visit(p, 3));
  EXPECT_EQ(p.row.status, "wrong");
}

TEST(Verify, AMissingLaunchIsMissingFromTheCounter) {
  const Benchmark counter{
      .family = "latency", .name = "counter", .cases = {}, .body = counter_body};
  MadeUpRun made("kind=skip,entry=cw_counter,nth=7,count=1");
  PlannedCase p = planned(counter, 1);

  EXPECT_FALSE(made.visit(p));
  EXPECT_EQ(p.row.status, "wrong");
  ASSERT_TRUE(p.wrong);
  EXPECT_EQ(p.wrong->found, p.wrong->expected - 1);
}

TEST(Verify, AProductWithOneWrongElementIsFound) {
  for (const char* dtype : {"f32", "f64"})
    for (const char* kind : {"first", "last", "nan", "zero", "skip"}) {
      const Wrong w = wrong_of(std::string("entry=cw_gemm,kind=") + kind, gemm, dtype, 24);
      if (std::string(kind) == "first") {
        EXPECT_EQ(w.index, 0) << "row";
      }
      if (std::string(kind) == "last") {
        EXPECT_EQ(w.index, 23) << "row";
      }
    }
}

TEST(Verify, ARightProductPasses) {
  for (const char* dtype : {"f32", "f64"}) {
    MadeUpRun made;
    PlannedCase p = planned(gemm, 24, dtype);
    EXPECT_TRUE(made.visit(p)) << p.row.status_text;
  }
}

TEST(Verify, LaterRoundsAndTheOtherApiUseTheSameReference) {
  MadeUpRun made;
  PlannedCase p = planned(saxpy, n);
  const std::optional<Visit> first = made.visit(p, 0), second = made.visit(p, 1);

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->result_checksum, second->result_checksum);
  EXPECT_EQ(made.references.checksums.size(), 1u);
}

TEST(Verify, ABufferThatTurnsWrongInALaterRoundMakesTheCaseWrong) {
  MadeUpRun made;
  PlannedCase p = planned(saxpy, n);
  ASSERT_TRUE(made.visit(p, 0));
  made.open("kind=bit,entry=cw_saxpy");

  EXPECT_FALSE(made.visit(p, 1));
  EXPECT_EQ(p.row.status, "wrong");
}

TEST(Verify, TheDecoratorKnowsTheRunsGuard) { EXPECT_EQ(fault_guard_bytes, guard_bytes); }

}  // namespace
}  // namespace cardwise::test
