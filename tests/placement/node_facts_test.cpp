// SPDX-License-Identifier: Apache-2.0
// Facts about a node, from made-up /proc and /sys, from none, and from this machine.
#include "ranks/node_facts.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace cardwise {
namespace {

namespace fs = std::filesystem;

/// A folder that stands for the root of a node and goes away again.
class FakeRoot {
 public:
  FakeRoot() {
    std::string pattern = (fs::temp_directory_path() / "cardwise-node-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~FakeRoot() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  void file(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  /// A network device of a PCI card: class/KIND/NAME/device is a link to it.
  void network(const std::string& kind, const std::string& name, const std::string& pci) const {
    const fs::path card = path_ / "sys/devices" / pci;
    if (!fs::exists(card)) {
      file("sys/devices/" + pci + "/vendor", "0x15b3\n");
      file("sys/devices/" + pci + "/device", "0x101b\n");
      fs::create_directories(path_ / "sys/drivers/mlx5_core");
      fs::create_directory_symlink(path_ / "sys/drivers/mlx5_core", card / "driver");
    }
    fs::create_directories(path_ / "sys/class" / kind / name);
    fs::create_directory_symlink(card, path_ / "sys/class" / kind / name / "device");
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST(NodeFacts, ReadsAClusterNode) {
  const FakeRoot root;
  root.file("proc/cpuinfo", "processor\t: 0\nmodel\t\t: 49\nmodel name\t: AMD EPYC 7452\n");
  root.file("proc/meminfo", "MemTotal:       527996524 kB\nMemFree: 1 kB\n");
  root.file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  root.file("sys/devices/system/cpu/cpufreq/boost", "1\n");
  root.file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  root.file("sys/class/dmi/id/bios_version", "R23_F33\n");
  root.network("infiniband", "mlx5_0", "0000:21:00.0");
  root.network("infiniband", "mlx5_1", "0000:a1:00.0");
  root.network("net", "ib0", "0000:21:00.0");
  root.file("sys/class/infiniband/mlx5_0/hca_type", "MT4123\n");
  root.file("sys/class/infiniband/mlx5_1/hca_type", "MT4123\n");
  root.file("sys/class/infiniband/mlx5_0/ports/1/rate", "200 Gb/sec (4X HDR)\n");
  fs::create_directories(root.path() / "sys/class/net/lo");

  const NodeRow row =
      node_facts({.sockets = 2, .cores = 64, .numa_nodes = 8, .cpu_model = "x"}, root.path());

  EXPECT_EQ(row.cpu_model, "AMD EPYC 7452");
  EXPECT_EQ(row.mem_total_bytes, 527996524LL * 1024);
  EXPECT_EQ(row.cpu_governor, "performance");
  EXPECT_EQ(row.turbo, 1);
  EXPECT_EQ(row.hugepages, "madvise");
  EXPECT_EQ(row.bios_version, "R23_F33");
  EXPECT_EQ(row.nic_models, "2 x mlx5_core 15b3:101b MT4123");
  EXPECT_EQ(row.ib_rates, "mlx5_0:1 200 Gb/sec (4X HDR)");
  EXPECT_EQ(row.sockets, 2);
  EXPECT_EQ(row.cores, 64);
  EXPECT_EQ(row.numa_nodes, 8);
}

TEST(NodeFacts, PortsOfOneCardCountOnce) {
  const FakeRoot root;
  root.network("net", "eth0", "0000:21:00.0");
  root.network("net", "eth1", "0000:21:00.1");

  EXPECT_EQ(node_facts({}, root.path()).nic_models, "mlx5_core 15b3:101b");
}

TEST(NodeFacts, ReadsIntelsTurboTheOtherWayRound) {
  const FakeRoot root;
  root.file("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");

  EXPECT_EQ(node_facts({}, root.path()).turbo, 0);
}

TEST(NodeFacts, AreUnknownWhereNothingCanBeRead) {
  const FakeRoot root;
  root.file("proc/meminfo", "MemTotal: lots\n");

  const NodeRow row = node_facts({.cpu_model = "from hwloc"}, root.path());

  EXPECT_EQ(row.cpu_model, "from hwloc");
  EXPECT_EQ(row.mem_total_bytes, -1);
  EXPECT_EQ(row.turbo, -1);
  EXPECT_EQ(row.cpu_governor + row.hugepages + row.nic_models + row.ib_rates + row.bios_version,
            "");
  EXPECT_EQ(row.sockets, -1);
  EXPECT_FALSE(row.host.empty());
  EXPECT_FALSE(row.kernel_release.empty());
}

TEST(NodeFacts, OfThisMachineAreThere) {
  const NodeRow row = node_facts(CpuTopology().shape());

  EXPECT_GT(row.mem_total_bytes, 0);
  EXPECT_GT(row.cores, 0);
  EXPECT_GT(row.numa_nodes, 0);
  EXPECT_FALSE(row.cpu_model.empty());
}

}  // namespace
}  // namespace cardwise
