// SPDX-License-Identifier: Apache-2.0
// What every OpenCL layer of the tests shares: what the loader asks it for, and answers to queries.
#pragma once

#include <CL/cl_icd.h>

#include <cstddef>
#include <string>

namespace opencl_layer {

extern const cl_icd_dispatch* below;  ///< the loader's, or the next layer's

/// Each layer has these two: its name, and its own entry points in place of those below.
extern const char* const name;
void put(cl_icd_dispatch& table);

/// Answers a query of OpenCL's kind: how many bytes there are, and the bytes where there is room.
cl_int give(const void* from, std::size_t bytes, std::size_t size, void* value, std::size_t* given);
cl_int give(const std::string& text, std::size_t size, void* value, std::size_t* given);

}  // namespace opencl_layer
