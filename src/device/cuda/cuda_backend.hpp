// SPDX-License-Identifier: Apache-2.0
// The CUDA backend's three entry points in the table of backends.
#pragma once

#include <memory>
#include <string>

#include "device/backends.hpp"
#include "device/device.hpp"

namespace cardwise {

/// The cards that the CUDA driver shows (it applies CUDA_VISIBLE_DEVICES itself), in its order.
/// Makes no context, so memory_free_bytes is -1. Never throws.
Found list_cuda();

/// Opens the card `info.index` of list_cuda(): retains its primary context. Throws Error where
/// there is no such card any more, or where it is another one.
std::unique_ptr<Device> open_cuda(const DeviceInfo& info, WaitMode wait);

/// "driver API 12.4, NVRTC 12.4", or "" without a driver.
std::string cuda_version();

}  // namespace cardwise
