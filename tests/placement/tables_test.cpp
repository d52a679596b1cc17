// SPDX-License-Identifier: Apache-2.0
// The binding table and `cardwise devices`, as text and as JSON.
#include <gtest/gtest.h>

#include <algorithm>

#include "made_up.hpp"
#include "results/binding_table.hpp"
#include "results/devices_listing.hpp"

namespace cardwise {
namespace {

using namespace made_up;

RankRow row(int node, const std::string& identity) {
  RankRow r;
  r.node = node;
  r.host = "nid00" + std::to_string(node);
  r.identity = identity;
  r.device_name = "NVIDIA H100 PCIe";
  r.device_class = "gpu";
  r.device_numa = 1;
  r.cpu_numa = 1;
  r.numa_match = 1;
  r.cpu_mask = "8-15";
  return r;
}

std::ptrdiff_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

void expect_has(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
}

TEST(BindingTable, LinesUp) {
  std::vector<RankRow> rows = {row(0, "GPU-a"), row(0, "GPU-bcd")};

  EXPECT_EQ(binding_table(rows),
            "rank  host    card              identity  NUMA  CPUs\n"
            "   0  nid000  NVIDIA H100 PCIe  GPU-a     1     8-15\n"
            "   1  nid000  NVIDIA H100 PCIe  GPU-bcd   1     8-15\n");
}

TEST(BindingTable, ShowsWhatIsWrong) {
  std::vector<RankRow> rows = {row(0, "GPU-a"), row(0, ""), row(0, "cpu"), row(0, "GPU-d"),
                               row(0, "GPU-e")};
  rows[0].numa_match = 0;
  rows[0].cpu_numa = 0;
  rows[1].status_text = "fell off the bus";
  rows[2].device_class = "cpu";
  rows[3].shared = 1;
  rows[4].numa_match = 0;
  rows[4].cpu_numa = -1;

  expect_has(binding_table(rows),
             {"1 != 0", "none", "fell off the bus", "[cpu]", "[shared]", "1 != CPUs"});
}

TEST(BindingTable, CutsLongRunsToTheFirstOfEachNodeAndWhatIsWrong) {
  std::vector<RankRow> rows;
  for (int r = 0; r < 400; ++r) rows.push_back(row(r / 4, "GPU-" + std::to_string(r)));
  rows[399].numa_match = 0;
  rows[399].cpu_numa = 0;

  const std::string text = binding_table(rows);

  EXPECT_EQ(lines(text), 1 + 64 + 1);
  expect_has(text, {"GPU-0 ", "GPU-4 ", "GPU-399 ", "1 != 0", "336 more ranks",
                    "400 on 100 nodes: 400 x NVIDIA H100 PCIe"});
  EXPECT_EQ(text.find("GPU-1 "), std::string::npos);
}

TEST(BindingTable, PrintsAllOfSixtyFour) {
  std::vector<RankRow> rows;
  for (int r = 0; r < 64; ++r) rows.push_back(row(r / 4, "GPU-" + std::to_string(r)));

  EXPECT_EQ(lines(binding_table(rows)), 65);
}

Inventory found() {
  DeviceInfo gpu = cuda(0, uuid('a'), "0000:17:00.0", "NVIDIA \"A100\"");
  gpu.memory_bytes = 42949672960;
  gpu.driver_version = "535.161.08";
  gpu.f64 = true;
  Inventory inventory;
  inventory.cards =
      merge_cards(std::vector<DeviceInfo>{pocl_cpu(), gpu, opencl_gpu(0, uuid('a'), "")});
  inventory.absent.push_back({"other", "libother.so not found"});
  return inventory;
}

TEST(DevicesListing, TellsPeopleWhatIsThere) {
  const std::vector<int> numa = {3};

  const std::string text = devices_text(found(), {}, numa);

  expect_has(text, {"  0  gpu      NVIDIA \"A100\"", uuid('a').c_str(), "0000:17:00.0",
                    "NUMA node  3", "40 GiB", "cuda, opencl", "NVIDIA CUDA", "535.161.08",
                    "  1  cpu", "Portable Computing Language", "other: libother.so not found"});
}

TEST(DevicesListing, KeepsTheIndexOfAFilteredCard) {
  const std::string text = devices_text(found(), {.types = {"cpu"}, .platform = ""}, {});

  EXPECT_EQ(text.find("A100"), std::string::npos);
  expect_has(text, {"  1  cpu"});
}

TEST(DevicesListing, SaysThatThereIsNothing) {
  expect_has(devices_text({}, {}, {}), {"no card found"});
  expect_has(devices_text({}, {.types = {"gpu"}, .platform = ""}, {}), {"no card of type gpu"});
}

TEST(DevicesListing, IsJsonForPrograms) {
  const std::vector<int> numa = {3};

  const std::string text = devices_json(found(), {}, numa);

  expect_has(text, {"\"NVIDIA \\\"A100\\\"\"", "42949672960", "\"numa_node\"", "null",
                    "libother.so not found", "\"views\""});
  EXPECT_EQ(lines(text), 1);
}

}  // namespace
}  // namespace cardwise
