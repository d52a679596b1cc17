// SPDX-License-Identifier: Apache-2.0
// CPUs near a card: the one place that sees hwloc. Sets of CPUs are lists such as "0-7,16".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace cardwise {

/// Where a process runs and whether that is near its card; -1 and "" unknown.
struct CpuBinding {
  std::string cpu_mask{};       ///< CPUs the process may use
  int cpu_numa = -1;            ///< the one NUMA node that holds them all
  int device_numa = -1;         ///< the card's
  std::int8_t numa_match = -1;  ///< 1: all CPUs on the card's node, 0: not, -1: unknown
  std::string how{};            ///< "pinned near the card", or why not, in words
};

/// The k-th of `count` ranks of this node whose cards hang on one NUMA node.
struct Share {
  int index = 0, count = 1;
};

/// Share of the local rank among those with the same NUMA node, by local rank.
Share share_of(std::span<const int> device_numa, int local_rank);

/// What the machine is made of; -1 and "" unknown.
struct MachineShape {
  int sockets = -1, cores = -1, numa_nodes = -1;
  std::string cpu_model{};
};

/// The machine as hwloc sees it, CPUs outside of this process' cpuset included. hwloc's plug-ins
/// are kept out, since they load OpenCL, CUDA and NVML (and so start drivers and OPENCL_LAYERS): to
/// that end the constructor sets HWLOC_PLUGINS_PATH for its own time, so make one before threads.
class CpuTopology {
 public:
  /// This machine. Throws Error where hwloc cannot tell.
  CpuTopology();
  /// A made-up machine without cards, in hwloc's words: "numa:2 core:4 pu:2". For tests.
  explicit CpuTopology(const std::string& synthetic);
  ~CpuTopology();
  CpuTopology(const CpuTopology&) = delete;
  CpuTopology& operator=(const CpuTopology&) = delete;
  CpuTopology(CpuTopology&&) noexcept;
  CpuTopology& operator=(CpuTopology&&) noexcept;

  MachineShape shape() const;
  /// CPUs that the cpuset (cgroup) of this process allows.
  std::string allowed() const;
  /// CPUs of a NUMA node, "" where there is none of that number.
  std::string cpus_of_numa(int numa) const;
  /// NUMA node of a PCI device: by its place in the topology, else by /sys; -1 unknown.
  int numa_of_pci(const std::string& pci_bus_id) const;

  /// Where a process that may run on `mask` should run for a card on `device_numa`: a new mask, or
  /// "" to leave it alone, and why. It leaves it alone where a launcher has pinned already (mask
  /// smaller than `allowed`), where the card's NUMA node is unknown, or where none of its CPUs is
  /// allowed. Never wider than `mask`. Ranks of one NUMA node get cores of their own where there is
  /// one at least for each, else all share the node.
  struct Target {
    std::string mask, how;
  };
  Target target(const std::string& mask, const std::string& allowed, int device_numa,
                Share share) const;

  /// The facts for /ranks, of any mask.
  CpuBinding judge(const std::string& mask, int device_numa) const;

  /// CPUs that this process may run on now.
  std::string current_mask() const;
  /// Pins all threads of this process. Throws Error.
  void pin(const std::string& mask) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Pins this process near its card as target() says and tells where it runs. A card without a PCI
/// address (a CPU, an emulator) pins nothing. Never throws for a pinning that the system refuses:
/// it says so in `how`.
CpuBinding bind_near_card(const CpuTopology& topology, const std::string& pci_bus_id,
                          Share share = {});

}  // namespace cardwise
