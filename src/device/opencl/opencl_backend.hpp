// SPDX-License-Identifier: Apache-2.0
// The OpenCL backend as the table of backends sees it.
#pragma once

#include <memory>
#include <string>

#include "device/backends.hpp"

namespace cardwise {

Found list_opencl();
std::unique_ptr<Device> open_opencl(const DeviceInfo& info, WaitMode wait);
std::string opencl_version();

}  // namespace cardwise
