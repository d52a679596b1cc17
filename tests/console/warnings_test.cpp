// SPDX-License-Identifier: Apache-2.0
// What is said before the figures are believed.
#include <gtest/gtest.h>

#include "made_up_rows.hpp"
#include "results/result_table.hpp"

namespace cardwise {
namespace {

using namespace made_up;

RankRow pocl(const std::string& host) {
  RankRow row = gpu(host, host + " cpu");
  row.device_class = "cpu";
  row.device_name = "cpu-skylake";
  row.opencl_platform = "Portable Computing Language";
  return row;
}

TEST(Warnings, AreNoneWhereAllIsWell) {
  const std::vector<RankRow> ranks = {gpu("nid001", "A")};
  const std::vector<CaseRow> cases = {mem_case("copy", "cuda")};
  const std::vector<EventRow> events = {{.severity = "note", .code = "x", .text = "by the way"}};

  EXPECT_EQ(warnings(events, ranks, cases), "");
}

TEST(Warnings, SayThatACpuIsNoGpu) {
  const std::vector<RankRow> ranks = {pocl("a"), pocl("a")};

  EXPECT_EQ(warnings({}, ranks, {}),
            "warning: These are figures of a CPU (Portable Computing Language: cpu-skylake), not of "
            "a GPU.\n");
}

TEST(Warnings, NameTheRankOfAnEmulator) {
  std::vector<RankRow> ranks = {gpu("nid001", "A"), gpu("nid002", "B")};
  ranks[1].emulated = 1;
  ranks[1].device_name = "test double";

  EXPECT_EQ(warnings({}, ranks, {}),
            "warning: rank 1 (nid002): these are figures of an emulator (test double), not of a "
            "card: its times say nothing about a card.\n");
}

TEST(Warnings, TellOfCardsInOneLineAKindErrorsFirst) {
  std::vector<RankRow> ranks(6, gpu("nid001", "A"));
  for (std::size_t r = 0; r < 5; ++r) ranks[r].numa_match = 0;
  ranks[0].shared = ranks[1].shared = 1;
  ranks[5].identity.clear();
  ranks[3].verify_failures = 2;
  ranks[4].ecc_uncorrected_start = 0;
  ranks[4].ecc_uncorrected_end = 1;
  ranks[2].pcie_width_load = 8;
  ranks[2].pcie_width_max = 16;

  EXPECT_EQ(warnings({}, ranks, {}),
            "error: rank 3 (nid001): wrong results\n"
            "error: rank 4 (nid001): memory errors that ECC could not correct\n"
            "warning: rank 5 (nid001): no card, measured nothing\n"
            "warning: rank 0 (nid001), rank 1 (nid001): the card is shared with another rank: "
            "figures are of a part of it\n"
            "warning: rank 0 (nid001), rank 1 (nid001), rank 2 (nid001) and 2 more: the CPUs are on "
            "another NUMA node than the card: copies and latencies suffer\n"
            "warning: rank 2 (nid001): the PCIe link is slower than card and slot allow\n");
}

TEST(Warnings, TellOfCasesByStatusAndFlags) {
  std::vector<CaseRow> cases = {mem_case("copy", "cuda"), mem_case("dot", "cuda"),
                                mem_case("fill", "cuda"), mem_case("triad", "cuda")};
  cases[0].status = "wrong";
  cases[0].status_text = "rank 0, nid001: element 7: expected 1, found 2\nmore";
  cases[1].status = "implausible";
  cases[2].flagged_frac = 0.25;
  cases[2].throttled_frac = 0.004;
  cases[3].flagged_frac = 0.5;

  EXPECT_EQ(warnings({}, {}, cases),
            "error: 1 case gave wrong results (numbers withheld): mem/copy f32 1GiB dram cuda "
            "(rank 0, nid001: element 7: expected 1, found 2)\n"
            "error: 1 case beyond the theoretical peak (implausible): mem/dot f32 1GiB dram cuda\n"
            "warning: < 1 % of the samples of mem/fill f32 1GiB dram cuda were taken on a throttled "
            "card\n"
            "warning: samples of 2 cases are flagged (flags in the file say why), most in "
            "mem/triad f32 1GiB dram cuda (50 %)\n");
}

TEST(Warnings, RepeatNoEventAndNothingThatRowsTell) {
  const std::vector<RankRow> ranks(3, gpu("nid001", "A"));
  std::vector<EventRow> events = {
      {.rank = 0, .severity = "warning", .code = "hot", .text = "87 degrees\x1b[31m"},
      {.rank = 2, .severity = "warning", .code = "hot", .text = "87 degrees\x1b[31m"},
      {.rank = 1, .severity = "warning", .code = "numa_mismatch", .text = "far"},
      {.severity = "error", .code = "disk", .text = "full"}};
  for (int i = 0; i < 5; ++i)
    events.push_back({.severity = "warning", .code = "idle_card",
                      .text = "card " + std::to_string(i) + " has no rank"});

  EXPECT_EQ(warnings(events, ranks, {}),
            "error: full\n"
            "warning: rank 0 (nid001), rank 2 (nid001): 87 degrees [31m\n"
            "warning: card 0 has no rank\n"
            "warning: card 1 has no rank\n"
            "warning: card 2 has no rank\n"
            "warning: 2 events more: idle_card (all in /events of the file)\n");
}

}  // namespace
}  // namespace cardwise
