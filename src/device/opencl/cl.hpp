// SPDX-License-Identifier: Apache-2.0
// CL/opencl.hpp with our settings, and its errors turned into ours.
#pragma once

#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_HPP_TARGET_OPENCL_VERSION 120
#define CL_HPP_MINIMUM_OPENCL_VERSION 100  // 120 does not compile with Debian 12's CLHPP
#define CL_HPP_ENABLE_EXCEPTIONS
#include <CL/opencl.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"

namespace cardwise {

/// "CL_OUT_OF_RESOURCES (-5)".
std::string cl_error_name(cl_int code);

/// Throws our Error for a runtime's error: what was done, on what, the code, and what the
/// context's callback said meanwhile.
[[noreturn]] void throw_cl(const std::string& what, cl_int code, const std::string& callback = "");

/// Whether that is the platform of Intel's FPGA cards: the whole name, since the emulator's version
/// holds it.
bool is_intel_fpga(std::string_view platform);

/// The devices of a platform in the runtime's order; empty where it has none.
std::vector<cl::Device> devices_of(const cl::Platform& platform);

/// All platforms; empty where the loader finds none.
std::vector<cl::Platform> cl_platforms();

}  // namespace cardwise
