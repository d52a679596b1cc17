// SPDX-License-Identifier: Apache-2.0
// How much of its CPUs do others take from a process?
#include "run/host_load.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace cardwise {
namespace {

using namespace std::chrono_literals;

constexpr const char* two_cpus =
    "cpu  1 2 3 4 5 6 7 8 9 10\n"
    "cpu0 100 2000 30 4000 500 6 7 80 9 10\n"
    "cpu11 1 1 1 1 1 1 1 1 1 1\n"
    "intr 12 cpu1 3\n";

TEST(HostLoad, BusyIsWhatDoesNotGiveWay) {
  EXPECT_EQ(busy_seconds(two_cpus, 0, 100), (100 + 30 + 6 + 7 + 80) / 100.0);
  EXPECT_EQ(busy_seconds(two_cpus, 11, 1), 5);
}

TEST(HostLoad, ALineThatIsNotThereIsUnknown) {
  EXPECT_EQ(busy_seconds(two_cpus, 1, 100), std::nullopt);
  EXPECT_EQ(busy_seconds("", 0, 100), std::nullopt);
  EXPECT_EQ(busy_seconds("cpu0 1 2 3\n", 0, 100), std::nullopt);
  EXPECT_EQ(busy_seconds("cpu0 ", 0, 100), std::nullopt);
  EXPECT_EQ(busy_seconds("cpu0 a b c d e f g h\n", 0, 100), std::nullopt);
}

HostLoad reading(double busy, double own, int cpus, std::chrono::milliseconds when) {
  return {busy, own, cpus, std::chrono::steady_clock::time_point(when)};
}

TEST(HostLoad, OthersAreWhatIsBusyAndNotOurs) {
  const HostLoad start = reading(10, 3, 2, 0ms);
  EXPECT_DOUBLE_EQ(others_share(start, reading(11.5, 4, 2, 1000ms)), 0.25);
  EXPECT_DOUBLE_EQ(others_share(start, reading(11, 4, 2, 1000ms)), 0);
  EXPECT_DOUBLE_EQ(others_share(start, reading(10.9, 4, 2, 1000ms)), 0) << "ticks are coarse";
  EXPECT_DOUBLE_EQ(others_share(start, reading(20, 4, 2, 1000ms)), 1);
}

TEST(HostLoad, WhatNobodyKnowsIsNoOthers) {
  const HostLoad start = reading(10, 3, 2, 0ms);
  EXPECT_EQ(others_share({}, start), 0);
  EXPECT_EQ(others_share(start, {}), 0);
  EXPECT_EQ(others_share(start, reading(20, 3, 2, 0ms)), 0) << "no time between";
  EXPECT_EQ(others_share(start, reading(20, 3, 1, 1000ms)), 0) << "bound elsewhere meanwhile";
}

/// Programs that take what they get of this process's CPUs, while this one sleeps.
TEST(HostLoad, SeesAnotherProgram) {
  const HostLoad before = read_host_load();
  ASSERT_GE(before.busy_s, 0);
  ASSERT_GE(before.cpus, 1);
  std::vector<pid_t> others;
  for (int i = 0; i < before.cpus; ++i) {
    const pid_t child = fork();
    if (child == 0)
      for (volatile unsigned n = 0;;) n = n + 1;
    others.push_back(child);
  }
  usleep(1'000'000);
  const double share = others_share(before, read_host_load());
  for (const pid_t other : others) {
    kill(other, SIGKILL);
    waitpid(other, nullptr, 0);
  }
  EXPECT_GT(share, 1.0 / 3);
}

TEST(HostLoad, OurOwnThreadIsNobodyElse) {
  const HostLoad before = read_host_load();
  const auto until = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < until) {
  }
  const HostLoad after = read_host_load();
  // Ours is not in it whatever others do: what is left is at most what was busy without us.
  EXPECT_GT(after.own_s - before.own_s, 0.01);
  EXPECT_LE(others_share(before, after),
            (after.busy_s - before.busy_s) /
                (std::chrono::duration<double>(after.when - before.when).count() * after.cpus));
}

}  // namespace
}  // namespace cardwise
