// SPDX-License-Identifier: Apache-2.0
// The table of backends, one line each.
#include "device/backends.hpp"

#include <array>

#include "device/cuda/cuda_backend.hpp"
#include "device/opencl/opencl_backend.hpp"

namespace cardwise {

std::span<const Backend> backends() {
  static const std::array<Backend, 2> table{{
      {"cuda", list_cuda, open_cuda, cuda_version},
      {"opencl", list_opencl, open_opencl, opencl_version},
  }};
  return table;
}

const Backend& backend(const std::string& name) {
  std::string known;
  for (const Backend& b : backends()) {
    if (name == b.name) return b;
    known += (known.empty() ? "" : ", ") + std::string(b.name);
  }
  throw UsageError("no backend '" + name + "'; there are: " + known);
}

}  // namespace cardwise
