// SPDX-License-Identifier: Apache-2.0
// Views of several APIs become cards: by UUID, by PCI address, never by order.
#include "device/cards.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "made_up.hpp"

namespace cardwise {
namespace {

using namespace made_up;
using Views = std::vector<DeviceInfo>;

std::vector<std::string> identities(const std::vector<Card>& cards) {
  std::vector<std::string> all;
  for (const Card& c : cards) all.push_back(c.identity);
  return all;
}

int index_of(const Card& card, const char* backend) { return card.view(backend)->index; }

TEST(NormalPci, TakesWhatToolsPrint) {
  EXPECT_EQ(normal_pci("0000:17:00.0"), "0000:17:00.0");
  EXPECT_EQ(normal_pci("00000000:AF:00.0"), "0000:af:00.0");
  EXPECT_EQ(normal_pci("17:00.1"), "0000:17:00.1");
  EXPECT_EQ(normal_pci("0001:17:1f"), "0001:17:1f.0");
  EXPECT_EQ(normal_pci("10000:01:00.0"), "10000:01:00.0");
}

TEST(NormalPci, IsEmptyForAnythingElse) {
  for (const char* text : {"", "3", "GPU-3f", "zz:00.0", "0000:17:00.0x", "17:00.0.0", "17:00",
                           " 17:00.0", "0000:17:00.00"})
    EXPECT_EQ(normal_pci(text), "") << text;
}

TEST(MergeCards, MatchesByUuidWhateverTheOrder) {
  const Views views = {cuda(0, uuid('a'), "0000:17:00.0"), cuda(1, uuid('b'), "0000:31:00.0"),
                       opencl_gpu(0, uuid('b'), ""), opencl_gpu(1, uuid('a'), "")};

  const std::vector<Card> cards = merge_cards(views);

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[0].identity, uuid('a'));
  EXPECT_EQ(index_of(cards[0], "cuda"), 0);
  EXPECT_EQ(index_of(cards[0], "opencl"), 1);
  EXPECT_EQ(index_of(cards[1], "cuda"), 1);
  EXPECT_EQ(index_of(cards[1], "opencl"), 0);
}

TEST(MergeCards, MatchesByPciAddressWhereOneApiHasNoUuid) {
  const Views views = {cuda(0, uuid('a'), "0000:AF:00.0"), cuda(1, uuid('b'), "0000:17:00.0"),
                       opencl_gpu(0, "", "00000000:17:00.0"), opencl_gpu(1, "", "af:00.0")};

  const std::vector<Card> cards = merge_cards(views);

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[0].identity, uuid('b'));
  EXPECT_EQ(index_of(cards[0], "opencl"), 0);
  EXPECT_EQ(index_of(cards[1], "opencl"), 1);
}

TEST(MergeCards, NeverMatchesByOrderOrName) {
  const Views views = {cuda(0, uuid('a'), ""), opencl_gpu(0, "", "")};

  EXPECT_EQ(merge_cards(views).size(), 2u);
}

TEST(MergeCards, UuidBeatsPciAddress) {
  const Views views = {cuda(0, uuid('a'), "0000:17:00.0"),
                       opencl_gpu(0, uuid('b'), "0000:17:00.0")};

  EXPECT_EQ(merge_cards(views).size(), 2u) << "two UUIDs contradict one address";
}

TEST(MergeCards, KeepsACardThatOneApiDoesNotSee) {
  const Views views = {cuda(0, uuid('b'), "0000:31:00.0"), opencl_gpu(0, uuid('a'), "0000:17:00.0"),
                       opencl_gpu(1, uuid('b'), "0000:31:00.0")};

  const std::vector<Card> cards = merge_cards(views);

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[0].views.size(), 1u);
  EXPECT_EQ(cards[0].view("cuda"), nullptr);
  EXPECT_EQ(cards[1].views.size(), 2u);
  EXPECT_EQ(cards[1].views[0].backend, "cuda");
}

TEST(MergeCards, SortsAlikeForEveryOrderOfTheApis) {
  Views views = {cuda(1, uuid('c'), "0000:17:00.0"),       cuda(0, uuid('a'), "0000:31:00.0"),
                 opencl_gpu(0, uuid('a'), "0000:31:00.0"), pocl_cpu(0),
                 opencl_gpu(1, uuid('c'), "0000:17:00.0"), pocl_cpu(1)};
  const std::vector<std::string> expected = identities(merge_cards(views));
  ASSERT_EQ(expected.size(), 4u);
  EXPECT_EQ(expected[0], uuid('c')) << "by PCI address, not by UUID or index";

  const auto less = [](const DeviceInfo& a, const DeviceInfo& b) {
    return std::tie(a.backend, a.platform, a.index) < std::tie(b.backend, b.platform, b.index);
  };
  std::sort(views.begin(), views.end(), less);
  do EXPECT_EQ(identities(merge_cards(views)), expected);
  while (std::next_permutation(views.begin(), views.end(), less));
}

TEST(MergeCards, PutsRealCardsBeforeCpusAndEmulators) {
  DeviceInfo board = opencl(0, DeviceClass::fpga, "p520 : BittWare (aclbitt_s10mx_pcie0)", "Intel");
  const Views views = {emulated_fpga(), pocl_cpu(), board, cuda(0, uuid('a'), "0000:17:00.0")};

  const std::vector<Card> cards = merge_cards(views);

  ASSERT_EQ(cards.size(), 4u);
  EXPECT_EQ(cards[0].device_class, DeviceClass::gpu);
  EXPECT_EQ(cards[1].device_class, DeviceClass::fpga);
  EXPECT_EQ(cards[2].device_class, DeviceClass::cpu);
  EXPECT_EQ(cards[3].device_class, DeviceClass::emulated);
}

TEST(MergeCards, KeepsTheVendorsViewOfACardShownByTwoPlatforms) {
  const Views views = {opencl_gpu(0, uuid('a'), "", pocl), opencl_gpu(0, uuid('a'), "")};

  const std::vector<Card> by_rule = merge_cards(views);
  const std::vector<Card> asked = merge_cards(views, pocl);

  ASSERT_EQ(by_rule.size(), 1u);
  EXPECT_EQ(by_rule[0].view("opencl")->platform, nvidia_platform);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].view("opencl")->platform, pocl);
}

TEST(MergeCards, TwoDevicesOfOnePlatformAreTwoCardsEvenWithOneUuid) {
  DeviceInfo first = pocl_cpu(0), second = pocl_cpu(1);
  first.uuid = second.uuid = "706f636c-0000-0000-0000-000000000000";

  const std::vector<Card> cards = merge_cards(Views{first, second});

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_NE(cards[0].identity, cards[1].identity);
  EXPECT_EQ(cards[0].uuid(), "");
}

TEST(MergeCards, BoardsOfOneNameAreToldApartByPlace) {
  Views views;
  for (int i = 0; i < 2; ++i) {
    views.push_back(opencl(i, DeviceClass::fpga, "xilinx_u280", "Xilinx"));
    views.back().board = "xilinx_u280";
  }

  const std::vector<Card> cards = merge_cards(views);

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_NE(cards[0].identity, cards[1].identity);
}

TEST(MergeCards, MatchesAMigSliceThatOpenClCallsAGpu) {
  const Views same_hex = {cuda(0, uuid('a', "MIG-"), "0000:17:00.0"),
                          opencl_gpu(0, uuid('a', "GPU-"), "")};
  const Views parent = {cuda(0, uuid('a', "MIG-"), "0000:17:00.0"),
                        opencl_gpu(0, uuid('f', "GPU-"), "0000:17:00.0")};

  for (const Views& views : {same_hex, parent}) {
    const std::vector<Card> cards = merge_cards(views);
    ASSERT_EQ(cards.size(), 1u);
    EXPECT_EQ(cards[0].identity, uuid('a', "MIG-"));
  }
}

TEST(MergeCards, SlicesOfOneCardStayApartThoughTheyShareItsAddress) {
  const Views views = {cuda(0, uuid('a', "MIG-"), "0000:17:00.0"),
                       cuda(1, uuid('b', "MIG-"), "0000:17:00.0"),
                       opencl_gpu(0, "", "0000:17:00.0"), opencl_gpu(1, "", "0000:17:00.0")};

  const std::vector<Card> cards = merge_cards(views);

  EXPECT_EQ(cards.size(), 4u) << "which is which cannot be told, so nothing is matched";
}

TEST(MergeCards, PartitionsOfOneAddressHaveIdentitiesOfTheirOwn) {
  const Views views = {opencl_gpu(0, "", "0000:17:00.0", "AMD"),
                       opencl_gpu(1, "", "0000:17:00.0", "AMD")};

  const std::vector<Card> cards = merge_cards(views);

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_NE(cards[0].identity, cards[1].identity);
}

TEST(MergeCards, AnEmulatorIsNeverTheRealCardOfItsUuid) {
  DeviceInfo twin = cuda(0, uuid('a'), "0000:17:00.0");
  twin.emulated = true;
  const Views views = {twin, opencl_gpu(0, uuid('a'), "0000:17:00.0")};

  const std::vector<Card> cards = merge_cards(views);

  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[1].device_class, DeviceClass::emulated) << "the flag outweighs the class";
}

TEST(IsWanted, FiltersByClassAndWholePlatformName) {
  const std::vector<Card> cards = merge_cards(
      Views{cuda(0, uuid('a'), ""), opencl_gpu(0, uuid('a'), ""), pocl_cpu(), emulated_fpga()});
  const auto count = [&](const Wanted& wanted) {
    return std::count_if(cards.begin(), cards.end(),
                         [&](const Card& c) { return is_wanted(c, wanted); });
  };

  EXPECT_EQ(count({{}, ""}), 3);
  EXPECT_EQ(count({{"gpu", "fpga"}, ""}), 1) << "the emulator is no fpga";
  EXPECT_EQ(count({{"cpu", "emulated"}, ""}), 2);
  EXPECT_EQ(count({{}, nvidia_platform}), 1);
  EXPECT_EQ(count({{}, "NVIDIA"}), 0) << "the whole name, or nothing";
}

Found two_gpus() {
  return {{cuda(1, uuid('b'), "0000:31:00.0"), cuda(0, uuid('a'), "0000:17:00.0")}, ""};
}
Found no_platform() { return {{}, "no OpenCL platform"}; }
Found silent() { return {}; }

TEST(TakeInventory, AsksTheNamedBackendsAndKeepsWhyOneIsEmpty) {
  const std::array<Backend, 3> table = {{{"cuda", two_gpus, nullptr, nullptr},
                                         {"opencl", no_platform, nullptr, nullptr},
                                         {"other", silent, nullptr, nullptr}}};
  const std::vector<std::string> names = {"opencl"};

  const Inventory all = take_inventory(table);
  const Inventory some = take_inventory(table, names);

  ASSERT_EQ(all.cards.size(), 2u);
  EXPECT_EQ(all.cards[0].identity, uuid('a'));
  ASSERT_EQ(all.absent.size(), 2u);
  EXPECT_EQ(all.absent[0].backend, "opencl");
  EXPECT_EQ(all.absent[0].why, "no OpenCL platform");
  EXPECT_FALSE(all.absent[1].why.empty());
  EXPECT_TRUE(some.cards.empty());
  EXPECT_EQ(some.absent.size(), 1u);
}

}  // namespace
}  // namespace cardwise
