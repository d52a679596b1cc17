// SPDX-License-Identifier: Apache-2.0
// The table of backends: adding one is a folder and a line in backends.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "device/kernel_source.hpp"

namespace cardwise {

/// What a backend found, or why it found nothing ("libcuda.so.1 not found").
struct Found {
  std::vector<DeviceInfo> devices;
  std::string why_none;
};

/// One API. `list` never throws; `open` throws Error.
struct Backend {
  const char* name;
  Found (*list)();
  std::unique_ptr<Device> (*open)(const DeviceInfo& info, WaitMode wait);
  /// Version of the loader or driver, for /provenance ("" unknown).
  std::string (*version)();
};

std::span<const Backend> backends();

/// PTX that NVRTC makes of the source for this card, whatever API it is then loaded through. Throws
/// Error with the compiler's log, or where there is no NVRTC.
std::shared_ptr<const ImageCode> compile_ptx(const KernelSource& source, const Defines& defines,
                                             const DeviceInfo& info);

/// The backend of that name; throws UsageError naming those there are.
const Backend& backend(const std::string& name);

/// A program in the form that an OpenCL runtime itself keeps, and the runtime's version.
struct RuntimeBinary {
  ImageCode code;
  std::string version;
};

/// Builds OpenCL C on the first device of the platform of that whole name. Throws UsageError where
/// there is none, Error with the build log.
RuntimeBinary compile_opencl_binary(const std::string& platform, const std::string& text);

}  // namespace cardwise
