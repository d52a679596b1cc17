// SPDX-License-Identifier: Apache-2.0
// The lying layer without a runtime: what it is asked for, and the step that it guesses.
#include "lie.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "longer.hpp"
#include "steady.hpp"
#include "together.hpp"

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
  const Lie quiet = parse_lies("kind=steady,ns=5e6,jitter=0.3,seed=7")[0];
  EXPECT_EQ(quiet.call, Call::launch);
  EXPECT_EQ(quiet.ns, 5e6);
  EXPECT_EQ(quiet.jitter, 0.3);
  EXPECT_EQ(quiet.seed, 7u);
  EXPECT_TRUE(parse_lies("kind=longer,while=others-work")[0].together);
}

TEST(Lies, KnowTheHarnessAndItsFillsOnACardToo) {
  for (const char* entry :
       {"cw_checksum", "cw_checksum_u32", "cw_data_grid", "cw_data_grid_f32_r3"})
    EXPECT_TRUE(is_harness(entry)) << entry;
  EXPECT_FALSE(is_harness("cw_saxpy_f32"));
  EXPECT_FALSE(is_harness("cw_copy"));

  std::vector<unsigned char> bytes(64, 0xA5);
  EXPECT_TRUE(is_fill(bytes.data(), bytes.size()));
  bytes.back() = 0;
  EXPECT_FALSE(is_fill(bytes.data(), bytes.size()));
  EXPECT_TRUE(is_fill(bytes.data(), 63));
  EXPECT_FALSE(is_fill(bytes.data(), 0));
  bytes.assign(64, 0);
  EXPECT_FALSE(is_fill(bytes.data(), bytes.size())) << "data";
}

TEST(LiesDeathTest, ThatCannotBeReadEndTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const char* text :
       {"kind=nonsense", "kind=error,call=sing", "rank=1", "kind", "while=together"})
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

cl_event event(std::uintptr_t n) { return reinterpret_cast<cl_event>(n); }

TEST(Longer, MovesTheEndsOfALongerWindowAndNoOther) {
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

/// What the stamps of windows of two launches say, by the same seed.
std::vector<cl_ulong> windows_of(double ns, double jitter, std::uint64_t seed) {
  Steady quiet;
  std::vector<cl_ulong> took;
  for (int i = 0; i < 100; ++i) {
    quiet.launched(ns, event(1));
    quiet.launched(ns, nullptr);
    quiet.marked(event(2));
    EXPECT_EQ(quiet.first(), event(1));
    quiet.finished(jitter, seed, 5000);
    took.push_back(quiet.end(event(2)).value_or(0) - 5000);
  }
  return took;
}

TEST(Steady, TheStampsSayWhatTheLaunchesAreToldToTake) {
  EXPECT_EQ(windows_of(250, 0, 1), std::vector<cl_ulong>(100, 500));

  const auto took = windows_of(50'000, 1, 1);
  EXPECT_EQ(took, windows_of(50'000, 1, 1)) << "of one seed";
  EXPECT_NE(took, windows_of(50'000, 1, 2)) << "of another";
  const auto [least, most] = std::minmax_element(took.begin(), took.end());
  EXPECT_GE(*least, 99'000u);
  EXPECT_LE(*most, 101'000u);
  EXPECT_GT(*most - *least, 1000u);
}

TEST(Steady, OtherWindowsAndOtherEventsAreLeftAlone) {
  Steady quiet;
  quiet.marked(event(1));
  EXPECT_EQ(quiet.first(), nullptr);
  EXPECT_EQ(quiet.finished(0, 1, 0).count(), 0) << "no launch was to be steady";
  EXPECT_FALSE(quiet.end(event(1)));

  quiet.launched(1e9, event(2));
  EXPECT_GT(quiet.finished(0, 1, 0).count(), 0) << "the host has to wait for it";
  EXPECT_TRUE(quiet.end(event(2)));
  EXPECT_FALSE(quiet.end(event(3)));
  EXPECT_EQ(quiet.finished(0, 1, 0).count(), 0) << "nothing since";
}

TEST(Together, IsWithOneOtherRankThatWorks) {
  const std::string path = testing::TempDir() + "cardwise_together";
  std::remove(path.c_str());
  setenv("CARDWISE_LYING_OPENCL_SHARED", path.c_str(), 1);
  Together first(0, 3), second(1, 3);
  unsetenv("CARDWISE_LYING_OPENCL_SHARED");

  first.works();
  EXPECT_FALSE(first.with_another()) << "it is alone";
  EXPECT_TRUE(second.with_another());
  second.works();
  EXPECT_TRUE(first.with_another()) << "the third need not work";
  second.rests();
  std::this_thread::sleep_for(std::chrono::milliseconds(3));
  EXPECT_FALSE(first.with_another()) << "its turn is over";
  std::remove(path.c_str());
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
