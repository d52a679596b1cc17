// SPDX-License-Identifier: Apache-2.0
// The lying layer without a runtime: what it is asked for, and the step that it guesses.
#include "lie.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "longer.hpp"

namespace lying_opencl {
namespace {

TEST(Lies, AreReadWithTheirDefaults) {
  const auto lies = parse_lies("rank=1,kind=skip,step=measure,visit=3,nth=7,count=1;kind=zero");
  ASSERT_EQ(lies.size(), 2u);
  EXPECT_EQ(lies[0].rank, 1);
  EXPECT_EQ(lies[0].call, Call::launch);
  EXPECT_EQ(lies[0].step, "measure");
  EXPECT_EQ(lies[0].visit, 3);
  EXPECT_EQ(lies[0].nth, 7u);
  EXPECT_EQ(lies[0].count, 1u);
  EXPECT_EQ(lies[1].rank, -1);
  EXPECT_EQ(lies[1].call, Call::read);
  EXPECT_EQ(parse_lies("kind=stamps-equal")[0].call, Call::profile);
  EXPECT_EQ(parse_lies("kind=error,call=wait,code=-2")[0].code, -2);
}

TEST(LiesDeathTest, ThatCannotBeReadEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const char* text :
       {"kind=nonsense", "kind=error,call=sing", "rank=1", "kind", "while=never"})
    EXPECT_DEATH(parse_lies(text), "CARDWISE_LYING_OPENCL") << text;
}

/// A visit as the program makes it, with a block of `windows`.
void one_visit(Steps& steps, const std::function<void(const char*)>& expect, int windows = 32) {
  steps.filled(0xA5);  // a guard
  steps.launched(true);
  steps.finished();
  expect("set-up");
  for (int i = 0; i < 5; ++i) {
    steps.launched(false);
    steps.finished();
    expect("warm-up");
  }
  steps.filled(0xFF);  // the poison
  steps.finished();
  for (int i = 0; i < windows; ++i) {
    expect("measure");
    steps.launched(false);
    steps.finished();
  }
  expect("measure");  // its last stamps are read
  steps.other();      // the check allocates
  expect("verify");
}

TEST(Steps, AreToldFromTheCalls) {
  Steps steps;
  EXPECT_EQ(steps.step(), "start");
  for (int visit = 1; visit <= 3; ++visit)
    one_visit(steps, [&](const char* step) {
      EXPECT_EQ(steps.step(), step);
      EXPECT_EQ(steps.visit(), visit);
    });
}

TEST(Steps, ALaunchAfterTheBlockIsOfTheCheck) {
  Steps steps;
  steps.filled(0xA5);
  steps.launched(false);
  steps.finished();
  steps.finished();
  for (int i = 0; i < 32; ++i) {
    steps.launched(false);
    steps.finished();
  }
  steps.launched(false);  // evens out what accumulates
  EXPECT_EQ(steps.step(), "verify");
}

TEST(Longer, MovesTheEndsOfALongerWindowAndNoOther) {
  const auto event = [](std::uintptr_t n) { return reinterpret_cast<cl_event>(n); };
  Longer longer;
  longer.marked(event(1));
  longer.launched(0, nullptr);
  longer.launched(100, event(2));
  longer.marked(event(3));
  const auto extra = longer.finished();
  EXPECT_GT(extra.count(), 0);
  EXPECT_EQ(longer.later(event(1)), 0u) << "before the first launch";
  for (const std::uintptr_t n : {2, 3})
    EXPECT_EQ(longer.later(event(n)), cl_ulong(extra.count())) << n;
  EXPECT_EQ(longer.finished().count(), 0) << "nothing since";

  longer.launched(0, event(4));
  EXPECT_EQ(longer.finished().count(), 0);
  EXPECT_EQ(longer.later(event(4)), 0u);
  EXPECT_EQ(longer.later(event(2)), 0u) << "of another window";
}

TEST(Spoil, ChangesWhatItsNameSays) {
  const auto spoiled = [](Kind kind) {
    std::vector<unsigned char> bytes(16, 7);
    spoil(bytes.data(), bytes.size(), kind);
    return bytes;
  };
  EXPECT_EQ(spoiled(Kind::zero), std::vector<unsigned char>(16, 0));
  auto bit = std::vector<unsigned char>(16, 7);
  bit[8] = 6;
  EXPECT_EQ(spoiled(Kind::bit), bit);
  EXPECT_NE(spoiled(Kind::nan), spoiled(Kind::constant));
}

}  // namespace
}  // namespace lying_opencl
