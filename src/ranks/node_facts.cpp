// SPDX-License-Identifier: Apache-2.0
// Facts about a node from the kernel's files; a container or an odd kernel may lack any of them.
#include "ranks/node_facts.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/host_name.hpp"

namespace cardwise {
namespace {

using std::filesystem::path;

/// First line without spaces around it; "" where the file cannot be read.
std::string line_of(const path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

/// Names in a folder, sorted; none where it cannot be read.
std::vector<std::string> names_in(const path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error))
    names.push_back(at->path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// The value behind "key : value" of /proc/cpuinfo and /proc/meminfo, first occurrence.
std::string value_of(const path& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(key)) continue;
    if (line.find_first_not_of(" \t", key.size()) != colon) continue;
    const auto first = line.find_first_not_of(" \t", colon + 1);
    return first == std::string::npos ? "" : line.substr(first);
  }
  return "";
}

std::int64_t memory_bytes(const path& meminfo) {
  try {
    const long long kib = std::stoll(value_of(meminfo, "MemTotal"));  // "263782136 kB"
    return kib < 0 || kib > std::numeric_limits<std::int64_t>::max() / 1024 ? -1 : kib * 1024;
  } catch (const std::exception&) {
    return -1;
  }
}

std::int8_t turbo(const path& cpu) {
  const std::string off = line_of(cpu / "intel_pstate/no_turbo");
  if (off == "0" || off == "1") return off == "0" ? 1 : 0;
  const std::string boost = line_of(cpu / "cpufreq/boost");
  if (boost == "0" || boost == "1") return boost == "1" ? 1 : 0;
  return -1;
}

/// The choice in brackets of "always [madvise] never".
std::string chosen(const std::string& text) {
  const auto open = text.find('['), close = text.find(']');
  return open == std::string::npos || close == std::string::npos || close < open
             ? text
             : text.substr(open + 1, close - open - 1);
}

std::string hex(const std::string& text) { return text.starts_with("0x") ? text.substr(2) : text; }

/// "8 x mlx5_core 15b3:1021, e1000e 8086:15bb": driver and PCI numbers of all network cards. A card
/// with several ports, or with an Ethernet and an InfiniBand face, counts once.
std::string network_cards(const path& sys) {
  std::map<std::string, std::string> model_by_card;
  for (const char* kind : {"net", "infiniband"}) {
    for (const std::string& name : names_in(sys / "class" / kind)) {
      const path device = sys / "class" / kind / name / "device";
      std::error_code error;
      const path real = std::filesystem::canonical(device, error);
      if (error) continue;  // loopback, bridges, bonds
      const path driver = std::filesystem::read_symlink(device / "driver", error);
      std::string model = error ? "" : driver.filename().string();
      const std::string vendor = hex(line_of(device / "vendor"));
      if (!vendor.empty()) model += fmt::format(" {}:{}", vendor, hex(line_of(device / "device")));
      const std::string type = line_of(sys / "class" / kind / name / "hca_type");
      if (!type.empty()) model += " " + type;
      std::string card = real.string();  // two ports are two functions of one PCI device
      if (card.size() > 2 && card[card.size() - 2] == '.') card.resize(card.size() - 2);
      std::string& known = model_by_card[card];
      if (known.size() < model.size()) known = model;
    }
  }
  std::map<std::string, int> count;
  for (const auto& [card, model] : model_by_card)
    if (!model.empty()) ++count[model];
  std::string text;
  for (const auto& [model, n] : count)
    text += (text.empty() ? "" : ", ") + (n > 1 ? fmt::format("{} x ", n) : "") + model;
  return text;
}

/// "mlx5_0:1 200 Gb/sec (4X HDR)", one a port.
std::string infiniband_rates(const path& sys) {
  std::string text;
  for (const std::string& name : names_in(sys / "class/infiniband"))
    for (const std::string& port : names_in(sys / "class/infiniband" / name / "ports")) {
      const std::string rate = line_of(sys / "class/infiniband" / name / "ports" / port / "rate");
      if (!rate.empty())
        text += fmt::format("{}{}:{} {}", text.empty() ? "" : ", ", name, port, rate);
    }
  return text;
}

}  // namespace

NodeRow node_facts(const MachineShape& shape, const std::filesystem::path& root) {
  const path proc = root / "proc", sys = root / "sys", cpu = sys / "devices/system/cpu";
  NodeRow row;
  row.host = host_name();
  utsname kernel{};
  if (uname(&kernel) == 0) row.kernel_release = kernel.release;
  row.cpu_model = value_of(proc / "cpuinfo", "model name");
  if (row.cpu_model.empty()) row.cpu_model = shape.cpu_model;
  row.sockets = shape.sockets;
  row.cores = shape.cores;
  row.numa_nodes = shape.numa_nodes;
  row.mem_total_bytes = memory_bytes(proc / "meminfo");
  row.cpu_governor = line_of(cpu / "cpu0/cpufreq/scaling_governor");
  row.turbo = turbo(cpu);
  row.hugepages = chosen(line_of(sys / "kernel/mm/transparent_hugepage/enabled"));
  row.nic_models = network_cards(sys);
  row.ib_rates = infiniband_rates(sys);
  row.bios_version = line_of(sys / "class/dmi/id/bios_version");
  return row;
}

}  // namespace cardwise
