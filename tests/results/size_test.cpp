// SPDX-License-Identifier: Apache-2.0
// Large made-up runs: what they cost in bytes and memory (checked) and seconds (printed).
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <random>

#include "h5_reader.hpp"
#include "made_up_run.hpp"

namespace cardwise {
namespace {

namespace fs = std::filesystem;
using made_up::TemporaryFolder;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

struct Cost {
  double append_s = 0, checkpoint_s = 0;
  std::uintmax_t bytes = 0;
  std::uintmax_t memory = 0;  ///< of this process at its highest, bytes
};

std::uintmax_t highest_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uintmax_t>(usage.ru_maxrss) * 1024;
}

/// Windows as of a real card: 1 ms, 0.3 % noise, in whole ns; unsteady sensors.
VisitRows noisy(int case_index, int round, int ranks, int block, std::mt19937& random) {
  std::normal_distribution<double> window(1e6, 3e3);
  VisitRows rows = made_up::visits(case_index, round, ranks, block);
  for (Visit& visit : rows.by_rank) {
    for (std::int64_t& time : visit.time_ns) time = static_cast<std::int64_t>(window(random));
    visit.host_ns = static_cast<std::int64_t>(block * window(random));
    visit.power_w = static_cast<float>(300 + random() % 50);
    visit.sm_mhz = static_cast<float>(1900 + 15 * (random() % 5));
  }
  return rows;
}

Cost write(int ranks, int cases, int visits, int block) {
  const TemporaryFolder folder;
  const fs::path path = folder / "run.h5";
  ResultFile file(path, made_up::run(ranks));
  file.set_ranks(made_up::ranks(ranks));
  file.set_nodes(made_up::nodes((ranks + 3) / 4));
  std::vector<CaseRow> rows;
  for (int c = 0; c < cases; ++c)
    rows.push_back(made_up::case_row(fmt::format("case{}", c), ranks));
  file.set_cases(rows, std::vector<CaseFacts>(rows.size(), made_up::case_facts(block, visits)));
  std::mt19937 random(1);
  Cost cost;
  for (int round = 0; round < visits; ++round)
    for (int c = 0; c < cases; ++c) {
      const VisitRows visit = noisy(c, round, ranks, block, random);
      const auto start = std::chrono::steady_clock::now();
      file.append(visit);
      cost.append_s +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  cost.checkpoint_s = file.checkpoint();
  cost.bytes = fs::file_size(path);
  cost.memory = highest_memory();
  fmt::print("{} ranks x {} cases x {} visits x {} samples: {:.2f} MB, appended in {:.2f} s, "
             "checkpoint {:.2f} s, memory {:.0f} MB\n",
             ranks, cases, visits, block, static_cast<double>(cost.bytes) / 1e6, cost.append_s,
             cost.checkpoint_s, static_cast<double>(cost.memory) / 1e6);
  return cost;
}

TEST(ResultSize, EightRanksAndAHundredCasesAreAFewMegabytes) {
  EXPECT_LT(write(8, 100, 6, 32).bytes, 6'000'000u);
}

TEST(ResultSize, AThousandRanksAndTwentyCases) {
  EXPECT_LT(write(1000, 20, 6, 32).bytes, 20'000'000u);
}

TEST(ResultSize, TenThousandRanksAndOneCase) {
  EXPECT_LT(write(10'000, 1, 6, 32).bytes, 25'000'000u);
}

/// Rank 0 may take 400 MB, a driver and its compiler included, and three times the file: HDF5's
/// open image, the last whole one, and the one that is being written. There is no driver here.
TEST(ResultSize, RankZeroHoldsLittleMoreThanThreeTimesTheFile) {
  if (sanitized) GTEST_SKIP() << "a sanitizer's own memory is several times as much";
  const Cost cost = write(800, 40, 6, 32);
  EXPECT_LT(cost.memory, 150'000'000 + 3 * cost.bytes);
}

}  // namespace
}  // namespace cardwise
