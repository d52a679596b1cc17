// SPDX-License-Identifier: Apache-2.0
// The two functions that the loader looks up in a layer.
#include "opencl_layer.hpp"

#include <CL/cl_layer.h>

#include <cstring>

namespace opencl_layer {

const cl_icd_dispatch* below = nullptr;

cl_int give(const void* from, std::size_t bytes, std::size_t size, void* value,
            std::size_t* given) {
  if (given != nullptr) *given = bytes;
  if (value == nullptr) return CL_SUCCESS;
  if (size < bytes) return CL_INVALID_VALUE;
  std::memcpy(value, from, bytes);
  return CL_SUCCESS;
}

cl_int give(const std::string& text, std::size_t size, void* value, std::size_t* given) {
  return give(text.c_str(), text.size() + 1, size, value, given);
}

}  // namespace opencl_layer

extern "C" __attribute__((visibility("default"))) cl_int CL_API_CALL
clGetLayerInfo(cl_layer_info what, size_t size, void* value, size_t* given) {
  const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
  if (what == CL_LAYER_NAME) return opencl_layer::give(opencl_layer::name, size, value, given);
  if (what != CL_LAYER_API_VERSION) return CL_INVALID_VALUE;
  return opencl_layer::give(&version, sizeof version, size, value, given);
}

extern "C" __attribute__((visibility("default"))) cl_int CL_API_CALL clInitLayer(
    cl_uint count, const cl_icd_dispatch* target, cl_uint* given, const cl_icd_dispatch** layer) {
  constexpr cl_uint entries = sizeof(cl_icd_dispatch) / sizeof(void*);
  if (target == nullptr || given == nullptr || layer == nullptr || count < entries)
    return CL_INVALID_VALUE;
  static cl_icd_dispatch table;  // what the program calls
  opencl_layer::below = target;
  std::memcpy(&table, target, sizeof table);
  opencl_layer::put(table);
  *given = entries;
  *layer = &table;
  return CL_SUCCESS;
}
