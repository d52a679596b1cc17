// SPDX-License-Identifier: Apache-2.0
// All ranks' bindings together: what is refused, what is warned of, and in which words.
#include <gtest/gtest.h>

#include "made_up.hpp"
#include "ranks/placement.hpp"

namespace cardwise {
namespace {

using made_up::uuid;
using Rows = std::vector<RankRow>;

RankRow row(int node, std::string host, std::string identity, std::string pci = "") {
  RankRow r;
  r.node = node;
  r.host = std::move(host);
  r.device_name = "NVIDIA A100-SXM4-40GB";
  r.device_class = "gpu";
  if (identity.starts_with("GPU-") || identity.starts_with("MIG-")) r.device_uuid = identity;
  r.identity = std::move(identity);
  r.pci_bus_id = std::move(pci);
  r.binding_rule = "local_rank";
  return r;
}

std::vector<EventRow> of_code(const BindingVerdict& verdict, const std::string& code) {
  std::vector<EventRow> events;
  for (const EventRow& e : verdict.events)
    if (e.code == code) events.push_back(e);
  return events;
}

void expect_has(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
}

TEST(CheckBindings, IsSilentWhereEachRankHasItsOwnCard) {
  Rows rows = {row(0, "n1", uuid('a'), "0000:17:00.0"), row(0, "n1", uuid('b'), "0000:31:00.0"),
               row(1, "n2", uuid('c'), "0000:17:00.0")};
  const std::vector<std::string> visible = {uuid('a') + "\tA100\n" + uuid('b') + "\tA100\n", "",
                                            uuid('c') + "\tA100\n"};

  const BindingVerdict verdict = check_bindings(rows, visible, false);

  EXPECT_EQ(verdict.refusal, "");
  EXPECT_TRUE(verdict.events.empty()) << verdict.events.front().text;
  EXPECT_EQ(rows[0].shared, 0);
}

TEST(CheckBindings, RefusesTwoRanksOnOneCardWithRanksAndHost) {
  Rows rows = {row(0, "nid004", uuid('a')), row(0, "nid004", uuid('a'))};
  rows[0].binding_rule = rows[1].binding_rule = "only_visible";

  const BindingVerdict verdict = check_bindings(rows, {}, false);

  expect_has(verdict.refusal,
             {"2 ranks on one card", uuid('a').c_str(), "A100", "ranks 0 and 1 on nid004",
              "CUDA_VISIBLE_DEVICES", "srun --gpus-per-task=1", "--allow-sharing"});
}

TEST(CheckBindings, KnowsAUuidOnTwoNodes) {
  Rows rows = {row(0, "n1", uuid('a')), row(0, "n1", uuid('b')), row(1, "n2", uuid('a'))};

  expect_has(check_bindings(rows, {}, false).refusal, {"rank 0 on n1 and rank 2 on n2"});
}

TEST(CheckBindings, EqualHostNamesOnTwoNodesAreTwoNodes) {
  Rows rows = {row(0, "node", "node/0000:17:00.0", "0000:17:00.0"),
               row(1, "node", "node/0000:17:00.0", "0000:17:00.0")};

  EXPECT_EQ(check_bindings(rows, {}, false).refusal, "");
}

TEST(CheckBindings, OnOneNodeAnIdentityWithoutUuidIsOneCard) {
  Rows rows = {row(0, "node", "node/PoCL/0"), row(0, "node", "node/PoCL/1"),
               row(0, "node", "node/PoCL/0")};

  expect_has(check_bindings(rows, {}, false).refusal, {"node/PoCL/0", "ranks 0 and 2 on node"});
}

TEST(CheckBindings, TheAddressGivesAwayACardWithTwoIdentities) {
  Rows rows = {row(0, "n1", uuid('a'), "0000:17:00.0"),
               row(0, "n1", "n1/0000:17:00.0", "0000:17:00.0")};

  EXPECT_NE(check_bindings(rows, {}, false).refusal, "");
}

TEST(CheckBindings, MigSlicesOfOneCardAreCardsOfTheirOwn) {
  Rows rows = {row(0, "n1", uuid('a', "MIG-"), "0000:17:00.0"),
               row(0, "n1", uuid('b', "MIG-"), "0000:17:00.0")};
  Rows twice = {rows[0], rows[0]};

  EXPECT_EQ(check_bindings(rows, {}, false).refusal, "");
  EXPECT_NE(check_bindings(twice, {}, false).refusal, "");
}

TEST(CheckBindings, PartitionsOfOneAddressAreCardsOfTheirOwn) {
  Rows rows = {row(0, "n1", "n1/0000:17:00.0#0", "0000:17:00.0"),
               row(0, "n1", "n1/0000:17:00.0#1", "0000:17:00.0")};

  EXPECT_EQ(check_bindings(rows, {}, false).refusal, "");
}

TEST(CheckBindings, AllowedSharingIsMarkedAndSaid) {
  Rows rows = {row(0, "n1", uuid('a')), row(0, "n1", uuid('b')), row(0, "n1", uuid('a'))};

  const BindingVerdict verdict = check_bindings(rows, {}, true);

  EXPECT_EQ(verdict.refusal, "");
  EXPECT_EQ(rows[0].shared, 1);
  EXPECT_EQ(rows[1].shared, 0);
  EXPECT_EQ(rows[2].shared, 1);
  ASSERT_EQ(of_code(verdict, "shared_card").size(), 1u);
  expect_has(of_code(verdict, "shared_card")[0].text, {"ranks 0 and 2 on n1"});
}

TEST(CheckBindings, NamesIdleCardsOnceFromWhatAllRanksSee) {
  Rows rows = {row(0, "n1", uuid('a')), row(0, "n1", uuid('b')), row(1, "n2", uuid('d'))};
  const std::string all = uuid('a') + "\tA100\n" + uuid('b') + "\tA100\n" + uuid('c') + "\tH100\n";
  const std::vector<std::string> visible = {all, all, uuid('d') + "\tA100\n"};

  const std::vector<EventRow> idle = of_code(check_bindings(rows, visible, false), "idle_card");

  ASSERT_EQ(idle.size(), 1u);
  EXPECT_EQ(idle[0].severity, "warning");
  expect_has(idle[0].text, {uuid('c').c_str(), "H100", "n1", "2 ranks for 3 cards"});
}

TEST(CheckBindings, IdleCardsOfAnotherNodeAreNotTakenByEqualIdentities) {
  Rows rows = {row(0, "node", "node/PoCL/0"), row(1, "node", "node/PoCL/1")};
  const std::string both = "node/PoCL/0\tcpu\nnode/PoCL/1\tcpu\n";

  const BindingVerdict verdict = check_bindings(rows, std::vector<std::string>{both, both}, false);

  EXPECT_EQ(of_code(verdict, "idle_card").size(), 2u);
}

TEST(CheckBindings, ChosenCardsLeaveTheOthersIdleOnPurpose) {
  Rows rows = {row(0, "n1", uuid('a'))};
  rows[0].binding_rule = "listed";
  const std::vector<std::string> visible = {uuid('a') + "\tA100\n" + uuid('b') + "\tA100\n"};

  const std::vector<EventRow> idle = of_code(check_bindings(rows, visible, false), "idle_card");

  ASSERT_EQ(idle.size(), 1u);
  EXPECT_EQ(idle[0].severity, "note");
}

TEST(CheckBindings, NamesCpusFarFromTheirCard) {
  Rows rows = {row(0, "n1", uuid('a')), row(0, "n1", uuid('b')), row(0, "n1", uuid('c'))};
  rows[0].numa_match = 1;
  rows[1].numa_match = 0;
  rows[1].cpu_mask = "0-7";
  rows[1].cpu_numa = 0;
  rows[1].device_numa = 3;

  const std::vector<EventRow> far = of_code(check_bindings(rows, {}, false), "numa_mismatch");

  ASSERT_EQ(far.size(), 1u);
  EXPECT_EQ(far[0].rank, 1);
  expect_has(far[0].text, {"rank 1 (n1)", "CPUs 0-7 are on NUMA node 0", uuid('b').c_str(),
                           "is on 3", "--bind-to none"});
}

TEST(CheckBindings, AMemberWithoutACardIsSaidAndNoDuplicate) {
  Rows rows = {row(0, "n1", uuid('a')), row(0, "n1", ""), row(0, "n1", "")};
  rows[1].status_text = "card fell off the bus";

  const BindingVerdict verdict = check_bindings(rows, {}, false);

  EXPECT_EQ(verdict.refusal, "");
  ASSERT_EQ(of_code(verdict, "no_card").size(), 2u);
  EXPECT_EQ(of_code(verdict, "no_card")[0].severity, "error");
  expect_has(of_code(verdict, "no_card")[0].text, {"rank 1 (n1)", "card fell off the bus"});
}

TEST(CheckBindings, NotesCardsOfSeveralModels) {
  Rows rows = {row(0, "n1", uuid('a')), row(0, "n1", uuid('b')), row(0, "n1", uuid('c'))};
  rows[2].device_name = "NVIDIA H100 PCIe";

  const std::vector<EventRow> mixed = of_code(check_bindings(rows, {}, false), "mixed_models");

  ASSERT_EQ(mixed.size(), 1u);
  expect_has(mixed[0].text, {"2 x NVIDIA A100-SXM4-40GB, 1 x NVIDIA H100 PCIe"});
}

TEST(CheckBindings, StaysShortForTenThousandRanks) {
  Rows rows;
  for (int r = 0; r < 10000; ++r)
    rows.push_back(row(r / 4, "n" + std::to_string(r / 4), uuid('a')));

  const std::string text = check_bindings(rows, {}, false).refusal;

  EXPECT_LT(text.size(), 1000u);
  expect_has(text, {"10000 ranks on one card", "and 9992 more"});
}

}  // namespace
}  // namespace cardwise
