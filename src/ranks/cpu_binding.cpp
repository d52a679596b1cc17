// SPDX-License-Identifier: Apache-2.0
// hwloc behind plain types: where the CPUs and the card are, and pinning the one near the other.
#include "ranks/cpu_binding.hpp"

#include <fmt/format.h>
#include <hwloc.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "device/cards.hpp"

namespace cardwise {
namespace {

/// A set of CPUs (or NUMA nodes) that frees itself.
class Set {
 public:
  Set() : bits_(hwloc_bitmap_alloc(), hwloc_bitmap_free) {}
  explicit Set(hwloc_const_bitmap_t other) : bits_(hwloc_bitmap_dup(other), hwloc_bitmap_free) {}
  explicit Set(const std::string& list) : Set() {
    if (hwloc_bitmap_list_sscanf(bits(), list.c_str()) != 0)
      throw Error(fmt::format("list of CPUs '{}' is not one", list));
  }
  hwloc_bitmap_t bits() const { return bits_.get(); }
  bool empty() const { return hwloc_bitmap_iszero(bits()); }
  bool inside(const Set& other) const { return hwloc_bitmap_isincluded(bits(), other.bits()); }
  bool operator==(const Set& other) const { return hwloc_bitmap_isequal(bits(), other.bits()); }
  Set operator&(const Set& other) const {
    Set both;
    hwloc_bitmap_and(both.bits(), bits(), other.bits());
    return both;
  }
  Set& operator|=(const Set& other) {
    hwloc_bitmap_or(bits(), bits(), other.bits());
    return *this;
  }
  std::string list() const {
    char* text = nullptr;
    if (hwloc_bitmap_list_asprintf(&text, bits()) < 0) return "";
    const std::unique_ptr<char, decltype(&std::free)> owned(text, std::free);
    return text;
  }

 private:
  std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)> bits_;
};

/// An environment variable that is put back at the end of the scope.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    setenv(name, value, 1);
  }
  ~ScopedVariable() {
    if (old_)
      setenv(name_, old_->c_str(), 1);
    else
      unsetenv(name_);
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

int numa_from_sysfs(const std::string& pci_bus_id) {
  std::ifstream file("/sys/bus/pci/devices/" + pci_bus_id + "/numa_node");
  int numa = -1;
  return file >> numa ? numa : -1;
}

}  // namespace

Share share_of(std::span<const int> device_numa, int local_rank) {
  Share share{.index = 0, .count = 0};
  const int mine = device_numa[static_cast<std::size_t>(local_rank)];
  for (std::size_t i = 0; i < device_numa.size(); ++i) {
    if (device_numa[i] != mine) continue;
    if (i < static_cast<std::size_t>(local_rank)) ++share.index;
    ++share.count;
  }
  return share;
}

struct CpuTopology::Impl {
  explicit Impl(const char* synthetic) {
    const ScopedVariable no_plugins("HWLOC_PLUGINS_PATH", "/dev/null");
    if (hwloc_topology_init(&handle) != 0) throw Error("hwloc does not start");
    // Where the plug-ins are built into hwloc, or another library of this process has loaded them.
    // Without "pci" hwloc reads /sys, which needs no library.
    for (const char* component : {"opencl", "cuda", "nvml", "rsmi", "levelzero", "gl", "pci"})
      hwloc_topology_set_components(handle, HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST, component);
    hwloc_topology_set_io_types_filter(handle, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_type_filter(handle, HWLOC_OBJ_PCI_DEVICE, HWLOC_TYPE_FILTER_KEEP_ALL);
    hwloc_topology_set_flags(handle, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    const bool described = !synthetic || hwloc_topology_set_synthetic(handle, synthetic) == 0;
    if (!described || hwloc_topology_load(handle) != 0) {
      const int why = errno;
      hwloc_topology_destroy(handle);
      throw Error(fmt::format("hwloc does not understand this machine: {}", std::strerror(why)));
    }
  }
  ~Impl() { hwloc_topology_destroy(handle); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  hwloc_obj_t numa_node(int numa) const {
    return numa < 0 ? nullptr
                    : hwloc_get_numanode_obj_by_os_index(handle, static_cast<unsigned>(numa));
  }

  /// Cores of their own for a share of the ranks, cut from `near`; all of `near` where there are
  /// fewer cores than ranks.
  Set cores_of_share(const Set& near, const Share& share) const {
    std::vector<Set> cores;
    for (hwloc_obj_t core = nullptr;
         (core = hwloc_get_next_obj_by_type(handle, HWLOC_OBJ_CORE, core)) != nullptr;) {
      Set usable = Set(core->cpuset) & near;
      if (!usable.empty()) cores.push_back(std::move(usable));
    }
    const std::size_t count = static_cast<std::size_t>(share.count);
    if (share.count < 2 || cores.size() < count) return Set(near.bits());
    const std::size_t k = static_cast<std::size_t>(share.index);
    Set mine;
    for (std::size_t i = k * cores.size() / count; i < (k + 1) * cores.size() / count; ++i)
      mine |= cores[i];
    return mine;
  }

  hwloc_topology_t handle = nullptr;
};

CpuTopology::CpuTopology() : impl_(std::make_unique<Impl>(nullptr)) {}
CpuTopology::CpuTopology(const std::string& synthetic)
    : impl_(std::make_unique<Impl>(synthetic.c_str())) {}
CpuTopology::~CpuTopology() = default;
CpuTopology::CpuTopology(CpuTopology&&) noexcept = default;
CpuTopology& CpuTopology::operator=(CpuTopology&&) noexcept = default;

MachineShape CpuTopology::shape() const {
  MachineShape shape;
  shape.sockets = hwloc_get_nbobjs_by_type(impl_->handle, HWLOC_OBJ_PACKAGE);
  shape.cores = hwloc_get_nbobjs_by_type(impl_->handle, HWLOC_OBJ_CORE);
  shape.numa_nodes = hwloc_get_nbobjs_by_type(impl_->handle, HWLOC_OBJ_NUMANODE);
  for (int* count : {&shape.sockets, &shape.cores, &shape.numa_nodes})
    if (*count < 1) *count = -1;
  const hwloc_obj_t package = hwloc_get_obj_by_type(impl_->handle, HWLOC_OBJ_PACKAGE, 0);
  const char* model = package ? hwloc_obj_get_info_by_name(package, "CPUModel") : nullptr;
  if (model) shape.cpu_model = model;
  return shape;
}

std::string CpuTopology::allowed() const {
  return Set(hwloc_topology_get_allowed_cpuset(impl_->handle)).list();
}

std::string CpuTopology::cpus_of_numa(int numa) const {
  const hwloc_obj_t node = impl_->numa_node(numa);
  return node ? Set(node->cpuset).list() : "";
}

int CpuTopology::numa_of_pci(const std::string& pci_bus_id) const {
  const std::string address = normal_pci(pci_bus_id);
  if (address.empty()) return -1;
  const hwloc_obj_t card = hwloc_get_pcidev_by_busidstring(impl_->handle, address.c_str());
  const hwloc_obj_t place = card ? hwloc_get_non_io_ancestor_obj(impl_->handle, card) : nullptr;
  if (!place) return numa_from_sysfs(address);

  // Nodes without CPUs (a card's own memory on Grace Hopper) are no place for a process, and two
  // nodes may have the same CPUs (HBM beside DRAM): the first stands for both.
  hwloc_obj_t found = nullptr;
  unsigned index = 0;
  hwloc_bitmap_foreach_begin(index, place->nodeset) {
    const hwloc_obj_t node = hwloc_get_numanode_obj_by_os_index(impl_->handle, index);
    if (!node || hwloc_bitmap_iszero(node->cpuset)) continue;
    if (found && !hwloc_bitmap_isequal(found->cpuset, node->cpuset))
      return numa_from_sysfs(address);
    if (!found) found = node;
  }
  hwloc_bitmap_foreach_end();
  return found ? static_cast<int>(found->os_index) : numa_from_sysfs(address);
}

CpuTopology::Target CpuTopology::target(const std::string& mask, const std::string& allowed,
                                        int device_numa, Share share) const {
  const Set now(mask), limit(allowed);
  if (!(limit & now).empty() && now.inside(limit) && !(now == limit))
    return {"", "left as the launcher pinned it"};
  const hwloc_obj_t node = impl_->numa_node(device_numa);
  if (!node) return {"", "not pinned: the card's NUMA node is unknown"};
  const Set near = Set(node->cpuset) & now;
  if (near.empty())
    return {"", fmt::format("not pinned: none of NUMA node {}'s CPUs is allowed", device_numa)};
  return {impl_->cores_of_share(near, share).list(), "pinned near the card"};
}

CpuBinding CpuTopology::judge(const std::string& mask, int device_numa) const {
  CpuBinding binding{.cpu_mask = mask, .device_numa = device_numa};
  const Set cpus(mask);
  for (hwloc_obj_t node = nullptr;
       (node = hwloc_get_next_obj_by_type(impl_->handle, HWLOC_OBJ_NUMANODE, node)) != nullptr;)
    if (binding.cpu_numa < 0 && !cpus.empty() && cpus.inside(Set(node->cpuset)))
      binding.cpu_numa = static_cast<int>(node->os_index);
  if (const hwloc_obj_t node = impl_->numa_node(device_numa))
    binding.numa_match = !cpus.empty() && cpus.inside(Set(node->cpuset)) ? 1 : 0;
  return binding;
}

std::string CpuTopology::current_mask() const {
  Set mask;
  if (hwloc_get_cpubind(impl_->handle, mask.bits(), HWLOC_CPUBIND_PROCESS) != 0) return "";
  return mask.list();
}

void CpuTopology::pin(const std::string& mask) const {
  if (hwloc_set_cpubind(impl_->handle, Set(mask).bits(), HWLOC_CPUBIND_PROCESS) != 0)
    throw Error(fmt::format("pin to CPUs {}: {}", mask, std::strerror(errno)));
}

CpuBinding bind_near_card(const CpuTopology& topology, const std::string& pci_bus_id, Share share) {
  const int numa = topology.numa_of_pci(pci_bus_id);
  CpuTopology::Target target =
      topology.target(topology.current_mask(), topology.allowed(), numa, share);
  if (!target.mask.empty()) {
    try {
      topology.pin(target.mask);
    } catch (const Error& error) {
      target.how = std::string("not pinned: ") + error.what();
    }
  }
  CpuBinding binding = topology.judge(topology.current_mask(), numa);
  binding.how = target.how;
  return binding;
}

}  // namespace cardwise
