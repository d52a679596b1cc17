// SPDX-License-Identifier: Apache-2.0
// /proc and /sys of an odd kernel: whatever stands there, the facts are there or unknown.
#include <filesystem>
#include <fstream>

#include "core/text.hpp"
#include "input.hpp"
#include "ranks/node_facts.hpp"

namespace {

namespace fs = std::filesystem;

/// A root of its own, in memory where there is /dev/shm; taken away at the end.
class Root {
 public:
  Root() {
    const fs::path where = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    std::string name = (where / "cardwise-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
    for (const char* folder :
         {"proc", "sys/devices/system/cpu/cpu0/cpufreq", "sys/devices/system/cpu/intel_pstate",
          "sys/kernel/mm/transparent_hugepage", "sys/class/infiniband/mlx5_0/ports/1",
          "sys/class/net/eth0/device", "sys/class/dmi/id"})
      fs::create_directories(path / folder);
  }
  ~Root() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

constexpr const char* files[] = {"proc/cpuinfo",
                                 "proc/meminfo",
                                 "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                                 "sys/devices/system/cpu/intel_pstate/no_turbo",
                                 "sys/kernel/mm/transparent_hugepage/enabled",
                                 "sys/class/infiniband/mlx5_0/ports/1/rate",
                                 "sys/class/infiniband/mlx5_0/hca_type",
                                 "sys/class/net/eth0/device/vendor",
                                 "sys/class/net/eth0/device/device",
                                 "sys/class/dmi/id/bios_version"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Root root;
  std::string rest = fuzz::text_of(data, size);
  for (const char* file : files) {  // a file up to each zero byte
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    std::ofstream(root.path / file, std::ios::binary) << rest.substr(0, end);
    rest.erase(0, std::min(end + 1, rest.size()));
  }
  const cardwise::NodeRow row = cardwise::node_facts({}, root.path);
  fuzz::promise(row.turbo >= -1 && row.turbo <= 1, "turbo is on, off or unknown");
  return 0;
}
