// SPDX-License-Identifier: Apache-2.0
// What a crash says, and that a library which takes the signals does not silence it.
#include "ranks/crash_words.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "ranks/watchdog.hpp"

namespace cardwise {
namespace {

extern "C" void swallow(int) {}

class CrashWordsDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

/// A rank in the middle of a visit.
void be_somewhere() {
  install_crash_words();
  static Watchdog dog(
      {.rank = 3, .host = "node7"}, 0, [] {}, [](const std::string&) {});
  dog.card("GPU-7");
  dog.step("mem/saxpy?n=8", "measure");
}

constexpr const char* place = "rank 3 on node7 \\(GPU-7\\); case mem/saxpy\\?n=8; step measure\n";

TEST_F(CrashWordsDeathTest, NameRankHostCardCaseAndStep) {
  EXPECT_EXIT((be_somewhere(), std::raise(SIGSEGV)), testing::KilledBySignal(SIGSEGV),
              std::string("cardwise: crash \\(SIGSEGV\\): ") + place);
  EXPECT_EXIT((be_somewhere(), std::abort()), testing::KilledBySignal(SIGABRT),
              std::string("cardwise: crash \\(SIGABRT\\): ") + place);
}

TEST_F(CrashWordsDeathTest, TakeTheSignalsBackFromALibrary) {
  const auto crash = [] {
    be_somewhere();
    for (const int number : {SIGABRT, SIGSEGV}) std::signal(number, swallow);
    set_crash_words("somewhere else");
    std::abort();
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGABRT), "SIGABRT\\): somewhere else");
}

TEST_F(CrashWordsDeathTest, AreCutWhereTheyAreTooLong) {
  const auto crash = [] {
    install_crash_words();
    set_crash_words("begin " + std::string(5000, 'x'));
    std::abort();
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGABRT), "begin x+x\n");
}

}  // namespace
}  // namespace cardwise
