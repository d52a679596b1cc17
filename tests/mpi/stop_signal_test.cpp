// SPDX-License-Identifier: Apache-2.0
// A stop signal comes to one thread while another looks; the thread sanitizer judges it best.
#include "ranks/stop_signal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace cardwise {
namespace {

/// In a process of its own, since a stop signal comes once: 0, or what went wrong.
[[noreturn]] void signal_while_another_looks() {
  install_stop_signals();
  std::atomic<bool> looked{false};
  std::thread watchdog([&] {
    while (stop_signal().empty()) looked = true;
  });
  while (!looked) std::this_thread::yield();

  std::raise(SIGUSR1);
  watchdog.join();

  std::exit(stop_signal() == "SIGUSR1" ? 0 : 1);
}

TEST(StopSignal, IsSeenByAnotherThread) {
  for (int round = 0; round < 20; ++round)
    ASSERT_EXIT(signal_while_another_looks(), testing::ExitedWithCode(0), "") << "round " << round;
}

TEST(StopSignal, TheSecondSigintEndsTheProcess) {
  const auto twice = [] {
    install_stop_signals();
    std::raise(SIGINT);
    if (stop_signal() != "SIGINT") std::exit(1);
    std::raise(SIGINT);
    std::exit(2);
  };
  ASSERT_EXIT(twice(), testing::KilledBySignal(SIGINT), "");
}

TEST(StopSignal, IsAnnouncedOnlyWhereThereIsSomethingToStop) {
  const auto signalled = [](bool over) {
    install_stop_signals();
    announce_stop_signals(true);
    if (over) announce_stop_signals(false);
    std::raise(SIGTERM);
    std::exit(0);
  };

  EXPECT_EXIT(signalled(false), testing::ExitedWithCode(0), "stopping after this block");
  EXPECT_EXIT(signalled(true), testing::ExitedWithCode(0), "^$");
}

TEST(StopSignal, AnEchoOfSigtermIsNoSecondOne) {
  const auto twice = [] {
    install_stop_signals();
    std::raise(SIGTERM);
    std::raise(SIGTERM);
    std::exit(stop_signal() == "SIGTERM" ? 0 : 1);
  };
  ASSERT_EXIT(twice(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cardwise
