// SPDX-License-Identifier: Apache-2.0
// PTX made for CUDA, as NVIDIA's OpenCL wants it.
#pragma once

#include <string>
#include <string_view>

namespace cardwise {

/// The same PTX with each kernel parameter that is an address declared as one of global memory
/// (`.param .u64 .ptr .global .align 4 name`). Declared as a plain number it builds, and the launch
/// fails (-36, seen on an H100). A parameter is an address where the text converts it to global
/// memory (`ld.param.u64` then `cvta.to.global.u64`), or where it is declared one without a space.
std::string ptx_for_opencl(std::string_view ptx);

}  // namespace cardwise
