// SPDX-License-Identifier: Apache-2.0
// The table of backends: adding one is a folder and a line in backends.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/device.hpp"

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

/// The backend of that name; throws UsageError naming those there are.
const Backend& backend(const std::string& name);

}  // namespace cardwise
