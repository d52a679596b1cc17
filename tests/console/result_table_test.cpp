// SPDX-License-Identifier: Apache-2.0
// The tables at the end of a run, against golden texts.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/text.hpp"
#include "made_up_rows.hpp"
#include "results/result_table.hpp"

namespace cardwise {
namespace {

using namespace made_up;

std::vector<CaseRow> small_run() {
  return {gemm_case("cuda"), latency_case("cuda"), mem_case("dot", "cuda"),
          without_numbers(mem_case("fill", "cuda"), "skipped", "no f64 on this card")};
}

std::vector<CaseRow> run_of_four() {
  std::vector<CaseRow> cases;
  for (const CaseRow& row : small_run()) cases.push_back(on_four(row));
  return cases;
}

const std::vector<RankRow> four = {gpu("nid001", "A"), gpu("nid001", "B"), gpu("nid002", "C"),
                                   gpu("nid002", "D")};
const std::vector<SlowestCard> slowest = {{3, 0.05}, {2, 0.30}, {0, 0.0421}, {}};

TEST(ResultTable, OfOneCardAt120Columns) {
  EXPECT_EQ(result_table(small_run(), {}, {}, 120), R"(compute                       median     95 %          rate  % peak  % ceil
compute/gemm f32 8192 cuda   25.0 ms  ±0.04 %  44.0 TFLOP/s    66.1       -

latency                       median     95 %          rate  % peak  % ceil
latency/roundtrip cuda       8.60 us    ±12 %

mem                           median     95 %          rate  % peak  % ceil
mem/dot f32 1GiB dram cuda   1.00 ms   ±0.2 %     3.00 TB/s    90.9   100.2
mem/fill f32 1GiB dram cuda  skipped: no f64 on this card

median: a launch; % peak: of data sheet; % ceil: of copy or triad, fma_peak, pinned copies here; -: unknown
)");
}

TEST(ResultTable, OfOneCardAt80Columns) {
  EXPECT_EQ(result_table(small_run(), {}, {}, 80), R"(compute                       median     95 %          rate  % peak  % ceil
compute/gemm f32 8192 cuda   25.0 ms  ±0.04 %  44.0 TFLOP/s    66.1       -

latency                       median     95 %          rate  % peak  % ceil
latency/roundtrip cuda       8.60 us    ±12 %

mem                           median     95 %          rate  % peak  % ceil
mem/dot f32 1GiB dram cuda   1.00 ms   ±0.2 %     3.00 TB/s    90.9   100.2
mem/fill f32 1GiB dram cuda  skipped: no f64 on this card

median: a launch; % peak: of data sheet; % ceil: of copy or triad, fma_peak,
pinned copies here; -: unknown
)");
}

TEST(ResultTable, OfFourCardsAt120Columns) {
  EXPECT_EQ(result_table(run_of_four(), four, slowest, 120), R"(compute                       median     95 %          rate    all cards  % peak  % ceil  slowest card
compute/gemm f32 8192 cuda   26.3 ms  ±0.04 %  44.0 TFLOP/s  174 TFLOP/s    66.1       -  rank 3 nid002 +5.0 %

latency                       median     95 %          rate    all cards  % peak  % ceil  slowest card
latency/roundtrip cuda       9.03 us    ±12 %                                             rank 2 nid002 +30.0 %

mem                           median     95 %          rate    all cards  % peak  % ceil  slowest card
mem/dot f32 1GiB dram cuda   1.05 ms   ±0.2 %     3.00 TB/s    11.8 TB/s    90.9   100.2  rank 0 nid001 +4.2 %
mem/fill f32 1GiB dram cuda  skipped: no f64 on this card

median, all cards: in step; rate: median card; slowest card: its time to the median's; % peak: of data sheet; % ceil: of
copy or triad, fma_peak, pinned copies here; -: unknown
)");
}

TEST(ResultTable, OfFourCardsAt100Columns) {
  EXPECT_EQ(result_table(run_of_four(), four, slowest, 100), R"(compute                       median     95 %          rate  % peak  % ceil  slowest card
compute/gemm f32 8192 cuda   26.3 ms  ±0.04 %  44.0 TFLOP/s    66.1       -  rank 3 nid002 +5.0 %

latency                       median     95 %          rate  % peak  % ceil  slowest card
latency/roundtrip cuda       9.03 us    ±12 %                                rank 2 nid002 +30.0 %

mem                           median     95 %          rate  % peak  % ceil  slowest card
mem/dot f32 1GiB dram cuda   1.05 ms   ±0.2 %     3.00 TB/s    90.9   100.2  rank 0 nid001 +4.2 %
mem/fill f32 1GiB dram cuda  skipped: no f64 on this card

median, all cards: in step; rate: median card; slowest card: its time to the median's; % peak: of
data sheet; % ceil: of copy or triad, fma_peak, pinned copies here; -: unknown
)");
}

TEST(ResultTable, OfFourCardsAt80Columns) {
  EXPECT_EQ(result_table(run_of_four(), four, slowest, 80), R"(compute                   median     95 %          rate  % peak  slowest card
gemm f32 8192 cuda       26.3 ms  ±0.04 %  44.0 TFLOP/s    66.1  rank 3 +5.0 %

latency                   median     95 %          rate  % peak  slowest card
roundtrip cuda           9.03 us    ±12 %                        rank 2 +30.0 %

mem                       median     95 %          rate  % peak  slowest card
dot f32 1GiB dram cuda   1.05 ms   ±0.2 %     3.00 TB/s    90.9  rank 0 +4.2 %
fill f32 1GiB dram cuda  skipped: no f64 on this card

median, all cards: in step; rate: median card; slowest card: its time to the
median's; % peak: of data sheet; % ceil: of copy or triad, fma_peak, pinned
copies here; -: unknown
)");
}

TEST(ResultTable, FitsItsWidth) {
  for (const int width : {80, 90, 100, 120}) {
    std::vector<CaseRow> cases = run_of_four();
    cases.push_back(on_four(mem_case("vector_add", "opencl")));
    const std::string text = result_table(cases, four, slowest, width);
    for (const std::string& line : split(text, '\n'))
      EXPECT_LE(display_width(line), std::size_t(width)) << line;
  }
}

TEST(ResultTable, NeverShowsANumberThatWasWrong) {
  CaseRow row = mem_case("copy", "cuda");
  row.status = "wrong";
  row.status_text = "rank 2, nid001: element 7 of 268435456: expected 1, found 2\nand 3 more";

  const std::string text = result_table(std::span(&row, 1), {}, {}, 80);

  EXPECT_NE(text.find("mem/copy f32 1GiB dram cuda  wrong: rank 2, nid001: element 7 of 268435456: exp…\n"),
            std::string::npos) << text;
  EXPECT_EQ(text.find("TB/s"), std::string::npos);
  EXPECT_EQ(text.find("1.00 ms"), std::string::npos);
}

TEST(ResultTable, ShowsNumbersOfPartialAndImplausibleCasesWithTheirStatusBelow) {
  std::vector<CaseRow> cases = {mem_case("copy", "cuda"), mem_case("fill", "cuda")};
  cases[0].status = "partial";
  cases[1].status = "implausible";
  cases[1].status_text = "130 % of the theoretical peak";

  const std::string text = result_table(cases, {}, {}, 0);

  EXPECT_NE(text.find("mem/copy f32 1GiB dram cuda  1.00 ms  ±0.2 %  3.00 TB/s    90.9   100.2\n"
                      "  partial\n"), std::string::npos) << text;
  EXPECT_NE(text.find("100.2\n  implausible: 130 % of the theoretical peak\n"), std::string::npos);
}

TEST(ResultTable, ShowsWhatIsNotKnownAsADash) {
  CaseRow row = mem_case("copy", "opencl");
  row.pct_theoretical = row.ci_halfwidth = row.time_sync_lo = row.traffic_per_launch =
      row.bytes_per_launch = unknown;

  const std::string text = result_table(std::span(&row, 1), {}, {}, 0);

  EXPECT_NE(text.find("mem/copy f32 1GiB dram opencl  1.00 ms     -     -       -   100.2\n"),
            std::string::npos) << text;
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

TEST(ResultTable, TakesTheIntervalFromItsEndsWhereTheHalfWidthIsMissing) {
  CaseRow row = mem_case("copy", "cuda");
  row.ci_halfwidth = unknown;

  EXPECT_NE(result_table(std::span(&row, 1), {}, {}, 0).find("±0.2 %"), std::string::npos);
}

TEST(ResultTable, RatesCopiesByTheirTraffic) {
  CaseRow row = mem_case("d2d", "cuda");
  row.traffic_per_launch = 2 * row.bytes_per_launch;

  EXPECT_NE(result_table(std::span(&row, 1), {}, {}, 0).find("6.00 TB/s"), std::string::npos);
}

TEST(ResultTable, SumsNothingBetweenRanks) {
  CaseRow row = on_four(mem_case("ring", "cuda"));
  row.family = "exchange";

  EXPECT_EQ(result_table(std::span(&row, 1), four, {}, 0).find("11.8"), std::string::npos);
}

TEST(ApiComparison, SetsBothApisSideBySide) {
  std::vector<CaseRow> cases = {mem_case("copy", "cuda"), mem_case("copy", "opencl"),
                                latency_case("cuda"), latency_case("opencl"),
                                gemm_case("cuda"), mem_case("fill", "opencl")};
  cases[1].time_sync_median = 1.001e-3;
  cases[3].time_sync_median = 12.9e-6;
  cases[2].time_sync_lo = 8.5e-6;
  cases[2].time_sync_hi = 8.7e-6;
  cases[3].time_sync_lo = 12.8e-6;
  cases[3].time_sync_hi = 13.0e-6;
  cases[2].kernel_sha256 = "a";
  cases[3].kernel_sha256 = "b";

  EXPECT_EQ(api_comparison(cases),
            "OpenCL against CUDA      OpenCL     CUDA  ratio   95 % interval\n"
            "mem/copy f32 1GiB dram  1.00 ms  1.00 ms  1.001  0.996 .. 1.004  equal within 1 %\n"
            "latency/roundtrip       12.9 us  8.60 us  1.500  1.471 .. 1.529  CUDA faster by 50 % "
            "(other kernel text)\n");
}

TEST(ApiComparison, SaysWhenOpenClIsFaster) {
  std::vector<CaseRow> cases = {mem_case("copy", "cuda"), mem_case("copy", "opencl")};
  cases[0].time_sync_median = 3 * cases[1].time_sync_median;
  cases[0].time_sync_lo = 2e-3;
  cases[0].time_sync_hi = 2.1e-3;

  EXPECT_NE(api_comparison(cases).find("OpenCL 3.0 times as fast"), std::string::npos);

  cases[0].time_sync_hi = 2e-3;
  cases[0].time_sync_lo = 0.5e-3;
  EXPECT_NE(api_comparison(cases).find("no difference seen"), std::string::npos);
}

TEST(ApiComparison, NeedsOkCasesOfBoth) {
  std::vector<CaseRow> cases = {mem_case("copy", "cuda"), mem_case("copy", "opencl")};
  cases[1].status = "wrong";
  EXPECT_EQ(api_comparison(cases), "");

  EXPECT_EQ(api_comparison(std::vector{mem_case("copy", "cuda"), mem_case("fill", "opencl")}), "");
}

TEST(ApiComparison, GivesNoVerdictWithoutIntervals) {
  std::vector<CaseRow> cases = {mem_case("copy", "cuda"), mem_case("copy", "opencl")};
  cases[0].time_sync_lo = unknown;

  EXPECT_NE(api_comparison(cases).find("1.000              -\n"), std::string::npos)
      << api_comparison(cases);
}

TEST(SummaryLine, SaysWhereTheTimeWentAndWhatBecameOfTheCases) {
  std::vector<CaseRow> cases(40, mem_case("copy", "cuda"));
  cases.push_back(without_numbers(mem_case("fill", "cuda"), "skipped", "no f64"));

  EXPECT_EQ(summary_line(cases, {.wall_s = 130, .timed_s = 92.3, .verify_s = 15.6, .warm_up_s = 11.7,
                                 .agree_s = 3.9, .file_s = 1.3}),
            "measured 71 % of 2 min 10 s; verification 12 %, warm-up 9 %, reductions 3 %, gather and "
            "file 1 %; 40 ok, 1 skipped");
}

TEST(SummaryLine, LeavesOutWhatIsNotKnown) {
  std::vector<CaseRow> cases = {without_numbers(mem_case("fill", "cuda"), "failed", "")};

  EXPECT_EQ(summary_line(cases, {}), "0 ok, 1 failed");
  EXPECT_EQ(summary_line(cases, {.wall_s = 10, .agree_s = 0.01}),
            "took 10 s; reductions < 1 %; 0 ok, 1 failed");
}

}  // namespace
}  // namespace cardwise
