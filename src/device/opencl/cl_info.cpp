// SPDX-License-Identifier: Apache-2.0
// What OpenCL knows of each card: class, identity, memory. Nothing beyond 1.0 is asked unchecked.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "core/text.hpp"
#include "device/opencl/cl.hpp"
#include "device/opencl/opencl_backend.hpp"

namespace cardwise {
namespace {

// Extension queries: values from the Khronos registry (cl_ext.h of newer headers than Debian 12's).
constexpr cl_device_info uuid_khr = 0x106A, pci_bus_info_khr = 0x410F;
constexpr cl_device_info cc_major_nv = 0x4000, cc_minor_nv = 0x4001;
constexpr cl_device_info pci_bus_nv = 0x4008, pci_slot_nv = 0x4009, pci_domain_nv = 0x400A;
constexpr cl_device_info topology_amd = 0x4037, board_name_amd = 0x4038;

template <class Value>
bool query(const cl::Device& device, cl_device_info what, Value& value) {
  std::size_t size = 0;
  return clGetDeviceInfo(device(), what, sizeof value, &value, &size) == CL_SUCCESS &&
         size <= sizeof value && size > 0;
}

std::string text(const cl::Device& device, cl_device_info what) {
  std::size_t size = 0;
  if (clGetDeviceInfo(device(), what, 0, nullptr, &size) != CL_SUCCESS || size == 0) return "";
  std::string value(size, '\0');
  if (clGetDeviceInfo(device(), what, size, value.data(), nullptr) != CL_SUCCESS) return "";
  value.resize(value.find('\0') == std::string::npos ? size : value.find('\0'));
  return value;
}

std::string uuid_of(const cl::Device& device, bool nvidia) {
  std::array<unsigned char, 16> bytes{};
  if (!query(device, uuid_khr, bytes)) return "";
  std::string hex;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) hex += '-';
    hex += fmt::format("{:02x}", bytes[i]);
  }
  return (nvidia ? "GPU-" : "") + hex;
}

std::string pci_of(const cl::Device& device) {
  std::array<cl_uint, 4> khr{};
  if (query(device, pci_bus_info_khr, khr))
    return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", khr[0], khr[1], khr[2], khr[3]);
  cl_uint bus = 0, slot = 0, domain = 0;
  if (query(device, pci_bus_nv, bus) && query(device, pci_slot_nv, slot)) {
    query(device, pci_domain_nv, domain);
    return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, slot >> 3, slot & 7);
  }
  std::array<unsigned char, 24> amd{};  // cl_device_topology_amd: type, then 17 unused bytes
  if (query(device, topology_amd, amd) && amd[0] == 1)
    return fmt::format("0000:{:02x}:{:02x}.{:x}", amd[21], amd[22], amd[23]);
  return "";
}

DeviceClass class_of(const DeviceInfo& info, cl_device_type type) {
  // The emulator's version string holds the cards' platform name: whole names only.
  const bool xrt_emulation = info.platform == "Xilinx" && std::getenv("XCL_EMULATION_MODE");
  if (info.platform == "Intel(R) FPGA Emulation Platform for OpenCL(TM)" ||
      info.platform == "Oclgrind" || info.name.find("EmulatorDevice") != std::string::npos ||
      xrt_emulation)
    return DeviceClass::emulated;
  if (type & CL_DEVICE_TYPE_GPU) return DeviceClass::gpu;
  if (type & CL_DEVICE_TYPE_ACCELERATOR) return DeviceClass::fpga;
  return DeviceClass::cpu;
}

/// "MODEL (aclbitt_s10mx_pcie0)": the suffix is the only identity that a card has whose platform is
/// Intel's, and no part of its model. Elsewhere the whole name stands for the board.
void split_board(DeviceInfo& info) {
  static const std::regex with_suffix(R"(^(.*\S)\s*\((acl\w+)\)$)");
  info.board = info.name;
  std::smatch parts;
  if (!is_intel_fpga(info.platform) || !std::regex_match(info.board, parts, with_suffix)) return;
  info.name = parts[1];
  info.board = parts[2];
}

DeviceInfo describe(const cl::Platform& platform, const cl::Device& device, int index) {
  DeviceInfo info;
  info.backend = "opencl";
  info.index = index;
  info.platform = platform.getInfo<CL_PLATFORM_NAME>();
  info.platform_version = platform.getInfo<CL_PLATFORM_VERSION>();
  info.name = text(device, CL_DEVICE_NAME);
  info.vendor = text(device, CL_DEVICE_VENDOR);
  info.driver_version = text(device, CL_DRIVER_VERSION);
  info.c_version = text(device, CL_DEVICE_OPENCL_C_VERSION);

  cl_device_type type = 0;
  query(device, CL_DEVICE_TYPE, type);
  info.device_class = class_of(info, type);
  info.emulated = info.device_class == DeviceClass::emulated;
  if (info.device_class == DeviceClass::fpga) split_board(info);

  cl_ulong bytes = 0;
  if (query(device, CL_DEVICE_GLOBAL_MEM_SIZE, bytes)) info.memory_bytes = std::int64_t(bytes);
  if (query(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, bytes))
    info.max_allocation_bytes = std::int64_t(bytes);
  if (query(device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, bytes)) info.llc_bytes = std::int64_t(bytes);
  if (query(device, CL_DEVICE_LOCAL_MEM_SIZE, bytes)) info.local_bytes = std::int64_t(bytes);
  cl_uint number = 0;
  if (query(device, CL_DEVICE_MAX_COMPUTE_UNITS, number)) info.compute_units = int(number);
  if (query(device, CL_DEVICE_MAX_CLOCK_FREQUENCY, number)) info.clock_max_mhz = int(number);
  std::size_t size = 0;
  if (query(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, size)) info.max_group_size = int(size);
  if (query(device, CL_DEVICE_PROFILING_TIMER_RESOLUTION, size)) info.resolution_ns = double(size);
  cl_bool compiler = CL_TRUE;
  query(device, CL_DEVICE_COMPILER_AVAILABLE, compiler);
  info.online_compiler = compiler == CL_TRUE;

  const std::string extensions = text(device, CL_DEVICE_EXTENSIONS);
  info.f64 = extensions.find("cl_khr_fp64") != std::string::npos;
  if (info.device_class == DeviceClass::gpu || info.device_class == DeviceClass::fpga) {
    const bool nvidia = info.vendor.find("NVIDIA") != std::string::npos;
    info.uuid = uuid_of(device, nvidia);
    info.pci_bus_id = pci_of(device);
    if (query(device, cc_major_nv, number) && nvidia) info.cc_major = int(number);
    if (query(device, cc_minor_nv, number) && nvidia) info.cc_minor = int(number);
    const std::string board = text(device, board_name_amd);
    if (info.vendor.find("Advanced Micro") != std::string::npos && !board.empty())
      info.name = board;
  }
  return info;
}

/// PoCL, too, shows no device, and no word why, where it cannot make its cache.
std::string no_device_text(const std::vector<cl::Platform>& platforms) {
  std::vector<std::string> names;
  for (const cl::Platform& platform : platforms)
    names.push_back(platform.getInfo<CL_PLATFORM_NAME>());
  std::string text = "no device of OpenCL platform " + join(names, ", ");
  if (std::find(names.begin(), names.end(), "Portable Computing Language") != names.end())
    text += " (PoCL has none where it cannot write its cache: POCL_CACHE_DIR names a folder)";
  return text;
}

}  // namespace

Found list_opencl() {
  Found found;
  try {
    const std::vector<cl::Platform> platforms = cl_platforms();
    if (platforms.empty())
      found.why_none = "no OpenCL platform (no runtime in /etc/OpenCL/vendors or OCL_ICD_VENDORS)";
    for (const cl::Platform& platform : platforms) {
      const std::vector<cl::Device> devices = devices_of(platform);
      for (std::size_t i = 0; i < devices.size(); ++i)
        found.devices.push_back(describe(platform, devices[i], int(i)));
    }
    if (!platforms.empty() && found.devices.empty())
      found.why_none = no_device_text(platforms);
  } catch (const cl::Error& error) {
    found.why_none = fmt::format("{}: {}", error.what(), cl_error_name(error.err()));
  }
  return found;
}

std::string opencl_version() {
  std::string versions;
  try {
    for (const cl::Platform& platform : cl_platforms())
      versions += (versions.empty() ? "" : "; ") + platform.getInfo<CL_PLATFORM_NAME>() + ": " +
                  platform.getInfo<CL_PLATFORM_VERSION>();
  } catch (const cl::Error&) {
    return "";
  }
  return versions;
}

}  // namespace cardwise
