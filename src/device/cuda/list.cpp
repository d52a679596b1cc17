// SPDX-License-Identifier: Apache-2.0
// The cards that the CUDA driver shows, and their facts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <sstream>
#include <string>

#include "device/cuda/cuda_backend.hpp"
#include "device/cuda/driver.hpp"
#include "device/cuda/nvrtc.hpp"

namespace cardwise {
namespace {

void check(CUresult code, const char* call, int index) {
  if (code != CUDA_SUCCESS) fail(code, fmt::format("{} of CUDA device {}", call, index));
}

// -1 where the driver does not know the attribute.
int attribute(CUdevice device, CUdevice_attribute which) {
  int value = -1;
  return driver().device_get_attribute(&value, which, device) == CUDA_SUCCESS ? value : -1;
}

// Attributes in kHz; 0 is what newer drivers say where they do not know.
int megahertz(CUdevice device, CUdevice_attribute which) {
  const int kilohertz = attribute(device, which);
  return kilohertz > 0 ? (kilohertz + 500) / 1000 : -1;
}

// "GPU-…", or "MIG-…" for a slice of a card: then the driver's two UUIDs differ, the first being
// that of the whole card.
std::string uuid(CUdevice device, int index, const std::string& name) {
  CUuuid id{};
  CUuuid physical{};
  check(driver().device_get_uuid(&id, device), "cuDeviceGetUuid", index);
  check(driver().device_get_physical_uuid(&physical, device), "cuDeviceGetUuid", index);
  const bool slice = !std::equal(std::begin(id.bytes), std::end(id.bytes), physical.bytes) ||
                     name.find(" MIG ") != std::string::npos;
  std::string text = slice ? "MIG-" : "GPU-";
  for (std::size_t i = 0; i < sizeof(id.bytes); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", static_cast<unsigned char>(id.bytes[i]));
  }
  return text;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "10de:2330" from the kernel's own list of PCI devices.
std::string pci_device_id(const std::string& bus_id) {
  const std::string folder = "/sys/bus/pci/devices/" + bus_id + "/";
  const std::string vendor = first_line(folder + "vendor");
  const std::string device = first_line(folder + "device");
  if (!vendor.starts_with("0x") || !device.starts_with("0x")) return "";
  return vendor.substr(2) + ":" + device.substr(2);
}

// "535.161.08" from "NVRM version: NVIDIA UNIX … Kernel Module  535.161.08  Tue …": the one word
// of digits and two dots, or a dot.
std::string kernel_module_version() {
  std::istringstream words(first_line("/proc/driver/nvidia/version"));
  for (std::string word; words >> word;) {
    const bool number = word.find('.') != std::string::npos &&
                        word.find_first_not_of("0123456789.") == std::string::npos;
    if (number) return word;
  }
  return "";
}

std::string version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

DeviceInfo facts(int index) {
  const Driver& api = driver();
  CUdevice device = 0;
  check(api.device_get(&device, index), "cuDeviceGet", index);
  std::array<char, 256> text{};
  check(api.device_get_name(text.data(), text.size(), device), "cuDeviceGetName", index);
  DeviceInfo info;
  info.backend = "cuda";
  info.index = index;
  info.device_class = api.emulated ? DeviceClass::emulated : DeviceClass::gpu;
  info.emulated = api.emulated;
  info.name = text.data();
  info.vendor = api.emulated ? "cardwise" : "NVIDIA Corporation";
  info.uuid = uuid(device, index, info.name);
  check(api.device_get_pci_bus_id(text.data(), text.size(), device), "cuDeviceGetPCIBusId", index);
  info.pci_bus_id = lower(text.data());
  if (!api.emulated) {  // an emulated card has no place on this machine's bus
    info.pci_device_id = pci_device_id(info.pci_bus_id);
    info.driver_version = kernel_module_version();
  }
  std::size_t bytes = 0;
  check(api.device_total_mem(&bytes, device), "cuDeviceTotalMem", index);
  info.memory_bytes = static_cast<std::int64_t>(bytes);
  info.max_allocation_bytes = info.memory_bytes;
  info.llc_bytes = attribute(device, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
  info.local_bytes = attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
  info.max_group_size = attribute(device, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  info.compute_units = attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  info.clock_max_mhz = megahertz(device, CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
  info.mem_clock_mhz = megahertz(device, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);
  info.mem_bus_bits = attribute(device, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
  info.cc_major = attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  info.cc_minor = attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  info.compute_mode = attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_MODE);
  info.cuda_driver_version = api.version;
  info.f64 = true;  // every card since compute capability 1.3
  info.resolution_ns = 500;  // of a CUDA event, by NVIDIA's documentation
  try {
    info.nvrtc_version = nvrtc().version();
  } catch (const Error&) {
    info.online_compiler = false;  // images can still be loaded
  }
  return info;
}

}  // namespace

Found list_cuda() {
  Found found;
  try {
    int count = 0;
    const CUresult code = driver().device_get_count(&count);
    if (code != CUDA_SUCCESS) fail(code, "cuDeviceGetCount");
    for (int i = 0; i < count; ++i) found.devices.push_back(facts(i));
    if (count == 0) found.why_none = "the CUDA driver shows no card";
  } catch (const std::exception& error) {
    found.devices.clear();
    found.why_none = error.what();
  }
  return found;
}

std::string cuda_version() {
  std::string text;
  try {
    text = "driver API " + version_text(driver().version);
    text += ", NVRTC " + nvrtc().version();
  } catch (const Error&) {
    // What could be opened has been said.
  }
  return text;
}

}  // namespace cardwise
