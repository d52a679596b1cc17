// SPDX-License-Identifier: Apache-2.0
// The watchdog on its own: what it says, when, and in which order it saves and aborts.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "ranks/watchdog.hpp"

namespace cardwise {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Counts what the watchdog does.
struct Heard {
  std::atomic<int> saved{0}, aborted{0}, saved_before_abort{0};
  std::atomic<Clock::time_point> abort_at{};
  std::function<void()> save() {
    return [this] { ++saved; };
  }
  std::function<void(const std::string&)> abort() {
    return [this](const std::string&) {
      saved_before_abort = saved.load();
      abort_at = Clock::now();
      ++aborted;
    };
  }
  bool wait_for_abort(double limit_s) const {
    const auto end = Clock::now() + std::chrono::duration<double>(limit_s);
    while (aborted == 0 && Clock::now() < end) std::this_thread::sleep_for(milliseconds(5));
    return aborted > 0;
  }
};

TEST(Watchdog, NamesRankHostCaseAndStepAndSavesFirstOnRank0) {
  Heard heard;
  testing::internal::CaptureStderr();
  {
    Watchdog dog({.rank = 0, .host = "node7"}, 0.2, heard.save(), heard.abort());
    dog.card("GPU-7");
    dog.step("mem/saxpy?n=8", "measure");
    EXPECT_TRUE(heard.wait_for_abort(10));
  }
  const std::string text = testing::internal::GetCapturedStderr();

  EXPECT_NE(text.find("rank 0 on node7 (GPU-7) made no progress"), std::string::npos) << text;
  EXPECT_NE(text.find("case mem/saxpy?n=8; step measure"), std::string::npos) << text;
  EXPECT_EQ(text.find("waiting"), std::string::npos) << text;
  EXPECT_EQ(heard.saved, 1);
  EXPECT_EQ(heard.saved_before_abort, 1);
  EXPECT_EQ(heard.aborted, 1);
}

TEST(Watchdog, OtherRanksLeaveRank0FiveSecondsToSave) {
  Heard heard;
  testing::internal::CaptureStderr();
  const auto start = Clock::now();
  {
    Watchdog dog({.rank = 3, .host = "node7"}, 0.1, heard.save(), heard.abort());
    dog.step("", "open the card");
    EXPECT_TRUE(heard.wait_for_abort(20));
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("case (none); step open the card"),
            std::string::npos);
  EXPECT_GE(heard.abort_at.load() - start, milliseconds(5000));
  EXPECT_EQ(heard.saved, 0);
}

TEST(Watchdog, WhoWaitsForOthersSpeaksLaterAndSaysSo) {
  Heard heard;
  testing::internal::CaptureStderr();
  const auto start = Clock::now();
  {
    Watchdog dog({.rank = 0, .host = "node7"}, 0.1, heard.save(), heard.abort());
    dog.waiting("agree");
    EXPECT_TRUE(heard.wait_for_abort(20));
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("waiting for the other ranks in agree"), std::string::npos) << text;
  EXPECT_GE(heard.abort_at.load() - start, milliseconds(2000));
}

TEST(Watchdog, BeatsAndStepsAndTheEndOfAWaitKeepItQuiet) {
  Heard heard;
  {
    Watchdog dog({.rank = 0, .host = "node7"}, 2, heard.save(), heard.abort());
    for (int i = 0; i < 30; ++i) {
      if (i % 3 == 0) dog.beat();
      if (i % 3 == 1) dog.step("x", "y");
      if (i % 3 == 2) dog.waiting("");
      std::this_thread::sleep_for(milliseconds(100));
    }
  }
  EXPECT_EQ(heard.aborted, 0);
}

TEST(Watchdog, IsOffWithoutATimeout) {
  Heard heard;
  {
    Watchdog dog({.rank = 0, .host = "node7"}, 0, heard.save(), heard.abort());
    std::this_thread::sleep_for(milliseconds(300));
  }
  EXPECT_EQ(heard.aborted, 0);
}

TEST(Watchdog, EndsAtOnceWithItsRun) {
  Heard heard;
  const auto start = Clock::now();
  {
    Watchdog dog({.rank = 0, .host = "node7"}, 120, heard.save(), heard.abort());
    std::this_thread::sleep_for(milliseconds(200));  // its thread comes to wait
  }
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace cardwise
