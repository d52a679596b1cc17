// SPDX-License-Identifier: Apache-2.0
// CPUs near a card: on made-up machines, and on this one as it was started (also under taskset).
#include "ranks/cpu_binding.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/error.hpp"

namespace cardwise {
namespace {

/// Two NUMA nodes of four cores: CPUs 0-3 and 4-7.
CpuTopology two_nodes() { return CpuTopology("numa:2 core:4 pu:1"); }

std::string mask(const CpuTopology& machine, const char* now, const char* allowed, int numa,
                 Share share = {}) {
  return machine.target(now, allowed, numa, share).mask;
}

TEST(CpuTarget, IsTheCardsNumaNode) {
  EXPECT_EQ(mask(two_nodes(), "0-7", "0-7", 0), "0-3");
  EXPECT_EQ(mask(two_nodes(), "0-7", "0-7", 1), "4-7");
}

TEST(CpuTarget, LeavesAPinnedProcessAlone) {
  const CpuTopology::Target target = two_nodes().target("0-1", "0-7", 1, {});

  EXPECT_EQ(target.mask, "");
  EXPECT_NE(target.how.find("launcher"), std::string::npos);
}

TEST(CpuTarget, NeverWidensANarrowCpuset) {
  EXPECT_EQ(mask(two_nodes(), "2-5", "2-5", 1), "4-5");
  EXPECT_EQ(mask(two_nodes(), "2-5", "2-5", 0), "2-3");
}

TEST(CpuTarget, LeavesACpusetOnTheOtherNodeAlone) {
  const CpuTopology::Target target = two_nodes().target("0-3", "0-3", 1, {});

  EXPECT_EQ(target.mask, "");
  EXPECT_NE(target.how.find("NUMA node 1"), std::string::npos) << target.how;
}

TEST(CpuTarget, LeavesAProcessAloneWhereTheCardsPlaceIsUnknown) {
  EXPECT_EQ(mask(two_nodes(), "0-7", "0-7", -1), "");
  EXPECT_EQ(mask(two_nodes(), "0-7", "0-7", 5), "");
}

TEST(CpuTarget, SharesANodesCoresEvenly) {
  const CpuTopology machine = two_nodes();

  EXPECT_EQ(mask(machine, "0-7", "0-7", 1, {0, 2}), "4-5");
  EXPECT_EQ(mask(machine, "0-7", "0-7", 1, {1, 2}), "6-7");
  EXPECT_EQ(mask(machine, "0-7", "0-7", 0, {2, 3}), "2-3");
  EXPECT_EQ(mask(machine, "0-7", "0-7", 0, {3, 4}), "3");
}

TEST(CpuTarget, IsTheWholeNodeForMoreRanksThanCores) {
  EXPECT_EQ(mask(two_nodes(), "0-7", "0-7", 0, {4, 5}), "0-3");
  EXPECT_EQ(mask(two_nodes(), "2-5", "2-5", 0, {0, 3}), "2-3");
}

TEST(CpuTarget, KeepsTheThreadsOfACoreTogether) {
  const CpuTopology machine("numa:1 core:4 pu:2");

  EXPECT_EQ(mask(machine, "0-7", "0-7", 0, {1, 2}), "4-7");
}

TEST(CpuJudge, TellsWhereCpusAndCardAre) {
  const CpuTopology machine = two_nodes();

  EXPECT_EQ(machine.judge("4-5", 1).numa_match, 1);
  EXPECT_EQ(machine.judge("4-5", 1).cpu_numa, 1);
  EXPECT_EQ(machine.judge("0-1", 1).numa_match, 0);
  EXPECT_EQ(machine.judge("0-7", 1).numa_match, 0) << "half of them are far";
  EXPECT_EQ(machine.judge("0-7", 1).cpu_numa, -1);
  EXPECT_EQ(machine.judge("0-7", -1).numa_match, -1);
}

TEST(ShareOf, CountsLocalRanksOfTheSameNumaNode) {
  const std::vector<int> numa = {1, 0, 1, 1};

  EXPECT_EQ(share_of(numa, 2).index, 1);
  EXPECT_EQ(share_of(numa, 2).count, 3);
  EXPECT_EQ(share_of(numa, 1).index, 0);
  EXPECT_EQ(share_of(numa, 1).count, 1);
}

TEST(CpuTopology, RefusesNonsense) {
  EXPECT_THROW(CpuTopology("sockets of wool"), Error);
  EXPECT_THROW(two_nodes().judge("zero", 0), Error);
}

TEST(CpuTopology, CountsSocketsCoresAndNodes) {
  const MachineShape shape = CpuTopology("package:2 numa:2 core:4 pu:2").shape();

  EXPECT_EQ(shape.sockets, 2);
  EXPECT_EQ(shape.numa_nodes, 4);
  EXPECT_EQ(shape.cores, 16);
}

/// CPUs by the system call, not by hwloc.
int cpus_now() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  return CPU_COUNT(&set);
}

/// Puts the process' CPUs back.
class AffinityGuard {
 public:
  AffinityGuard() { sched_getaffinity(0, sizeof set_, &set_); }
  ~AffinityGuard() { sched_setaffinity(0, sizeof set_, &set_); }
  AffinityGuard(const AffinityGuard&) = delete;
  AffinityGuard& operator=(const AffinityGuard&) = delete;

 private:
  cpu_set_t set_{};
};

std::string any_pci_device() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/bus/pci/devices", error))
    return entry.path().filename();
  return "";
}

TEST(ThisMachine, ACardWithoutAnAddressPinsNothing) {
  const AffinityGuard guard;
  const int before = cpus_now();

  const CpuBinding binding = bind_near_card(CpuTopology(), "");

  EXPECT_EQ(cpus_now(), before);
  EXPECT_EQ(binding.device_numa, -1);
  EXPECT_EQ(binding.numa_match, -1);
  EXPECT_FALSE(binding.cpu_mask.empty());
}

TEST(ThisMachine, BindingNeverWidensAndReportsWhatTheKernelSays) {
  const AffinityGuard guard;
  const std::string card = any_pci_device();
  if (card.empty()) GTEST_SKIP() << "NO PCI DEVICE HERE: binding near one is not tested";
  const CpuTopology machine;
  const std::string before = machine.current_mask();

  const CpuBinding binding = bind_near_card(machine, card);

  EXPECT_EQ(binding.cpu_mask, machine.current_mask());
  if (before != machine.allowed()) {
    EXPECT_EQ(binding.cpu_mask, before) << "pinned by the launcher: " << binding.how;
    EXPECT_NE(binding.how.find("launcher"), std::string::npos);
  }
  std::ifstream affinity("/proc/self/status");
  for (std::string line; std::getline(affinity, line);)
    if (line.starts_with("Cpus_allowed_list:")) {
      EXPECT_EQ(line.substr(line.find_last_of(" \t") + 1), binding.cpu_mask);
    }
}

TEST(ThisMachine, APinnedProcessStaysWhereItIs) {
  const CpuTopology machine;
  if (cpus_now() < 2) GTEST_SKIP() << "ONE CPU ONLY: no process can be pinned to less";
  const AffinityGuard guard;
  const std::string first = machine.current_mask().substr(0, 1);
  machine.pin(first);

  const CpuBinding binding = bind_near_card(machine, any_pci_device());

  EXPECT_EQ(cpus_now(), 1);
  EXPECT_EQ(binding.cpu_mask, first);
}

TEST(ThisMachine, TwoRanksOfOneNumaNodeGetDifferentCores) {
  const CpuTopology machine;
  const std::string card = any_pci_device();
  if (card.empty() || machine.numa_of_pci(card) < 0 || machine.shape().cores < 2 ||
      machine.current_mask() != machine.allowed())
    GTEST_SKIP() << "NEEDS A PCI DEVICE, TWO CORES AND NO PINNING";

  std::string masks[2];
  for (int rank = 0; rank < 2; ++rank) {
    const AffinityGuard guard;
    masks[rank] = bind_near_card(machine, card, {rank, 2}).cpu_mask;
  }

  EXPECT_NE(masks[0], masks[1]);
}

TEST(ThisMachine, LoadsNoOpenClThroughHwlocAndLeavesTheEnvironmentAlone) {
  const char* before = std::getenv("HWLOC_PLUGINS_PATH");
  const CpuTopology machine;

  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    EXPECT_EQ(line.find("/hwloc_"), std::string::npos) << line;
  EXPECT_EQ(std::getenv("HWLOC_PLUGINS_PATH"), before);
}

}  // namespace
}  // namespace cardwise
