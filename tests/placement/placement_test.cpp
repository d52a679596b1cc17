// SPDX-License-Identifier: Apache-2.0
// Which card a rank takes, and what it says where there is none for it.
#include "ranks/placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.hpp"
#include "made_up.hpp"

namespace cardwise {
namespace {

using namespace made_up;
using Views = std::vector<DeviceInfo>;

Views gpus(int count) {
  Views views;
  for (int i = 0; i < count; ++i)
    views.push_back(cuda(i, uuid("abcdef"[i]), "0000:" + std::to_string(10 + i) + ":00.0"));
  return views;
}

LocalView on_node(int local_rank, int local_size, const Views& views) {
  return {.node = 0,
          .local_rank = local_rank,
          .local_size = local_size,
          .host = "nid004",
          .found = {.cards = merge_cards(views), .absent = {}, .masks = {}}};
}

/// What choose_card complains of.
std::string complaint(const LocalView& view, const CardRequest& request = {}) {
  try {
    const CardChoice choice = choose_card(view, request);
    return "took card " + std::to_string(choice.index);
  } catch (const BindingError& error) {
    return error.what();
  }
}

void expect_has(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
}

CardRequest list(std::vector<std::string> entries) {
  CardRequest request;
  request.listed = std::move(entries);
  return request;
}

TEST(ChooseCard, TakesTheOnlyVisibleOneWhateverTheLocalRank) {
  const CardChoice choice = choose_card(on_node(3, 4, gpus(1)), {});

  EXPECT_EQ(choice.index, 0u);
  EXPECT_EQ(choice.rule, "only_visible");
}

TEST(ChooseCard, TakesTheLocalRanksOfAll) {
  for (int local = 0; local < 4; ++local) {
    const CardChoice choice = choose_card(on_node(local, 4, gpus(4)), {});

    EXPECT_EQ(choice.index, static_cast<std::size_t>(local));
    EXPECT_EQ(choice.rule, "local_rank");
  }
}

TEST(ChooseCard, NeedsNoWorldRankSoCyclicAndUnevenPlacementWork) {
  const LocalView first = on_node(0, 3, gpus(4)), alone = on_node(0, 1, gpus(4));

  EXPECT_EQ(choose_card(first, {}).index, 0u);
  EXPECT_EQ(choose_card(alone, {}).index, 0u);
  EXPECT_EQ(choose_card(on_node(2, 3, gpus(4)), {}).index, 2u);
}

TEST(ChooseCard, ReorderedVisibleDevicesGiveEachRankACardOfItsOwn) {
  Views rotated = gpus(4);
  std::rotate(rotated.begin(), rotated.begin() + 1, rotated.end());
  for (int i = 0; i < 4; ++i) rotated[static_cast<std::size_t>(i)].index = i;
  const LocalView zero = on_node(0, 2, gpus(4)), one = on_node(1, 2, rotated);

  const std::string card_0 = zero.found.cards[choose_card(zero, {}).index].identity;
  const std::string card_1 = one.found.cards[choose_card(one, {}).index].identity;

  EXPECT_EQ(card_0, uuid('a'));
  EXPECT_EQ(card_1, uuid('b'));
}

TEST(ChooseCard, RefusesMoreRanksThanCards) {
  const std::string text = complaint(on_node(2, 3, gpus(2)));

  expect_has(text, {"3 ranks on node nid004 but 2 cards visible", "local rank 2",
                    "start one rank a card", "--allow-sharing", uuid('a').c_str()});
}

TEST(ChooseCard, RanksThatHaveACardTakeItThoughOthersHaveNone) {
  EXPECT_EQ(complaint(on_node(1, 3, gpus(2))), "took card 1");
}

TEST(ChooseCard, SharesByLocalRankModuloCards) {
  CardRequest request;
  request.allow_sharing = true;

  const CardChoice choice = choose_card(on_node(3, 5, gpus(2)), request);

  EXPECT_EQ(choice.index, 1u);
  EXPECT_EQ(choice.rule, "shared");
  EXPECT_EQ(choose_card(on_node(1, 2, gpus(2)), request).rule, "local_rank") << "no need to share";
}

TEST(ChooseCard, NeverTakesACpuOrAnEmulatorUnasked) {
  LocalView view = on_node(0, 1, {pocl_cpu(), emulated_fpga()});
  view.found.absent.push_back({"cuda", "libcuda.so.1 not found"});

  expect_has(complaint(view),
             {"no card of type gpu or fpga on node nid004", "CPU \"pthread-haswell-AMD EPYC\"",
              "Portable Computing Language", "--type cpu measures it",
              "--type emulated measures it", "cuda: libcuda.so.1 not found", "cardwise devices"});
}

TEST(ChooseCard, TakesACpuOrAnEmulatorWhenAsked) {
  const LocalView view = on_node(0, 1, {pocl_cpu(), emulated_fpga()});
  CardRequest cpu, emulated;
  cpu.wanted.types = {"cpu"};
  emulated.wanted.types = {"emulated"};

  EXPECT_EQ(view.found.cards[choose_card(view, cpu).index].name(), "pthread-haswell-AMD EPYC");
  EXPECT_EQ(view.found.cards[choose_card(view, emulated).index].device_class,
            DeviceClass::emulated);
}

TEST(ChooseCard, ACpuBesideAGpuDoesNotCount) {
  Views views = gpus(1);
  views.push_back(pocl_cpu());

  EXPECT_EQ(choose_card(on_node(1, 2, views), {}).rule, "only_visible");
}

TEST(ChooseCard, SaysThatThereIsNothing) {
  expect_has(complaint(on_node(0, 1, {})), {"no card of type gpu or fpga on node nid004"});
}

TEST(ChooseCard, NamesThePlatformsWhereTheWantedOneIsNotThere) {
  Views views = gpus(1);
  views.push_back(opencl_gpu(0, uuid('a'), ""));
  CardRequest request;
  request.wanted.platform = "NVIDIA";

  expect_has(complaint(on_node(0, 1, views), request),
             {"on platform 'NVIDIA'", "Platforms here: NVIDIA CUDA"});
}

TEST(ChooseCard, TakesTheListedCardOfItsLocalRank) {
  const LocalView first = on_node(0, 2, gpus(4)), second = on_node(1, 2, gpus(4));

  EXPECT_EQ(choose_card(first, list({"3", "1"})).index, 3u);
  EXPECT_EQ(choose_card(second, list({"3", "1"})).index, 1u);
  EXPECT_EQ(choose_card(second, list({"3", "1"})).rule, "listed");
}

TEST(ChooseCard, FindsAListedCardByUuidPrefixOrAddress) {
  const LocalView view = on_node(0, 1, gpus(3));

  for (const std::string& entry :
       {uuid('b'), std::string("GPU-b"), std::string("gpu-B0"), std::string("b0000000"),
        std::string("0000:11:00.0"), std::string("00000000:11:00.0"), std::string("11:00.0")})
    EXPECT_EQ(complaint(view, list({entry})), "took card 1") << entry;
}

TEST(ChooseCard, FindsAListedCardByItsIdentity) {
  const LocalView view = on_node(0, 1, {pocl_cpu(0), pocl_cpu(1)});
  CardRequest request = list({view.found.cards[1].identity});
  request.wanted.types = {"cpu"};

  EXPECT_EQ(choose_card(view, request).index, 1u);
}

TEST(ChooseCard, RefusesAnIndexOutOfRangeAndNeverFallsBackToCardZero) {
  expect_has(complaint(on_node(0, 1, gpus(4)), list({"4"})),
             {"--card 4", "highest index is 3", "node nid004 has 4 cards", "0 GPU", "3 GPU"});
  expect_has(complaint(on_node(0, 1, gpus(4)), list({"99999999999999999999"})), {"highest index"});
  expect_has(complaint(on_node(0, 1, {}), list({"0"})), {"--card 0", "this node has no card"});
}

TEST(ChooseCard, RefusesAnEntryThatIsNoCardOrSeveral) {
  expect_has(complaint(on_node(0, 1, gpus(2)), list({"GPU-9"})), {"no UUID or PCI address"});
  expect_has(complaint(on_node(0, 1, gpus(2)), list({"GPU-"})),
             {"that may be", "0 GPU", "1 GPU", "give more of it"});
  expect_has(complaint(on_node(0, 1, gpus(2)), list({"-1"})), {"no UUID or PCI address"});
}

TEST(ChooseCard, RefusesAListShorterThanTheNodesRanks) {
  expect_has(complaint(on_node(2, 3, gpus(4)), list({"0", "1"})),
             {"--card names 2 cards", "node nid004 has 3 ranks", "--allow-sharing"});
}

TEST(ChooseCard, SharesAListInTurn) {
  CardRequest request = list({"2", "0"});
  request.allow_sharing = true;

  const CardChoice choice = choose_card(on_node(2, 3, gpus(4)), request);

  EXPECT_EQ(choice.index, 2u);
  EXPECT_EQ(choice.rule, "shared");
}

TEST(ChooseCard, ListingACpuIsNotAskingForOne) {
  Views views = gpus(1);
  views.push_back(pocl_cpu());

  expect_has(complaint(on_node(0, 1, views), list({"1"})),
             {"--card 1", "pthread-haswell-AMD EPYC", "--type cpu"});
}

TEST(RankRow, TakesEachFactFromTheViewThatKnowsIt) {
  DeviceInfo through_cuda = cuda(0, uuid('a'), "0000:10:00.0");
  through_cuda.mem_clock_mhz = 1215;
  through_cuda.driver_version = "535.161.08";
  DeviceInfo through_opencl = opencl_gpu(0, uuid('a'), "");
  through_opencl.c_version = "OpenCL C 1.2";
  through_opencl.compute_units = 108;
  const LocalView view = on_node(1, 2, {through_cuda, through_opencl});
  const CpuBinding cpus{
      .cpu_mask = "0-7", .cpu_numa = 0, .device_numa = 1, .numa_match = 0, .how = ""};
  Peaks peaks;
  peaks.mem = 1555e9;
  peaks.source = "data sheet";

  const RankRow row = rank_row(view, {0, "local_rank"}, cpus, peaks);

  EXPECT_EQ(row.identity, uuid('a'));
  EXPECT_EQ(row.backends, "cuda,opencl");
  EXPECT_EQ(row.binding_rule, "local_rank");
  EXPECT_EQ(row.mem_clock_mhz, 1215);
  EXPECT_EQ(row.compute_units, 108);
  EXPECT_EQ(row.opencl_c_version, "OpenCL C 1.2");
  EXPECT_EQ(row.driver_version, "535.161.08");
  EXPECT_EQ(row.host, "nid004");
  EXPECT_EQ(row.local_rank, 1);
  EXPECT_EQ(row.numa_match, 0);
  EXPECT_EQ(row.peak_mem, 1555e9);
  EXPECT_EQ(row.peak_source, "data sheet");
  EXPECT_EQ(row.emulated, 0);
}

TEST(RankRow, SaysWhatIsEmulatedAndWhatIsMissing) {
  const LocalView view = on_node(0, 1, {emulated_fpga()});

  EXPECT_EQ(rank_row(view, {0, "only_visible"}, {}, {}).emulated, 1);
  const RankRow none = row_without_card(view, {}, "no card");
  EXPECT_EQ(none.identity, "");
  EXPECT_EQ(none.status_text, "no card");
}

TEST(VisibleCards, AreTheWantedOnesALineEach) {
  Views views = gpus(2);
  views.push_back(pocl_cpu());

  EXPECT_EQ(visible_cards(on_node(0, 1, views), CardRequest{}.wanted),
            uuid('a') + "\tNVIDIA A100-SXM4-40GB\n" + uuid('b') + "\tNVIDIA A100-SXM4-40GB\n");
}

}  // namespace
}  // namespace cardwise
