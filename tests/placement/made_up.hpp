// SPDX-License-Identifier: Apache-2.0
// Made-up devices for the tests of this folder.
#pragma once

#include <string>
#include <utility>

#include "device/device.hpp"

namespace cardwise::made_up {

inline constexpr const char* nvidia_platform = "NVIDIA CUDA";
inline constexpr const char* pocl = "Portable Computing Language";
inline constexpr const char* fpga_emulator = "Intel(R) FPGA Emulation Platform for OpenCL(TM)";

/// "GPU-a0000000-…" from one hex digit.
inline std::string uuid(char digit, const std::string& prefix = "GPU-") {
  return prefix + digit + "0000000-1111-2222-3333-444444444444";
}

inline DeviceInfo cuda(int index, std::string id, std::string pci,
                       std::string name = "NVIDIA A100-SXM4-40GB") {
  DeviceInfo info;
  info.backend = "cuda";
  info.index = index;
  info.device_class = DeviceClass::gpu;
  info.name = std::move(name);
  info.vendor = "NVIDIA Corporation";
  info.uuid = std::move(id);
  info.pci_bus_id = std::move(pci);
  return info;
}

inline DeviceInfo opencl(int index, DeviceClass type, std::string name, std::string platform) {
  DeviceInfo info;
  info.backend = "opencl";
  info.index = index;
  info.device_class = type;
  info.emulated = type == DeviceClass::emulated;
  info.name = std::move(name);
  info.platform = std::move(platform);
  return info;
}

inline DeviceInfo opencl_gpu(int index, std::string id, std::string pci,
                             std::string platform = nvidia_platform) {
  DeviceInfo info = opencl(index, DeviceClass::gpu, "NVIDIA A100-SXM4-40GB", std::move(platform));
  info.uuid = std::move(id);
  info.pci_bus_id = std::move(pci);
  return info;
}

inline DeviceInfo pocl_cpu(int index = 0) {
  return opencl(index, DeviceClass::cpu, "pthread-haswell-AMD EPYC", pocl);
}

inline DeviceInfo emulated_fpga(int index = 0) {
  return opencl(index, DeviceClass::emulated, "Intel(R) FPGA Emulation Device", fpga_emulator);
}

}  // namespace cardwise::made_up
