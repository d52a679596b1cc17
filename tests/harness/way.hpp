// SPDX-License-Identifier: Apache-2.0
// One of the ways to run the same two kernels: through cardwise, or by bare calls of an API.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "device/device.hpp"
#include "device/kernel_source.hpp"

namespace cardwise {

/// What one window took, by the card's clock and the host's, in ns.
struct Window {
  double device = 0, host = 0;
};

/// Runs the two kernels.
class Way {
 public:
  virtual ~Way() = default;
  virtual Window triad(std::uint64_t launches) = 0;
  /// Host ns of one launch of an empty kernel with a wait after it.
  virtual double round_trip(std::uint64_t trips) = 0;
};

/// The two kernels and their launch.
struct Work {
  std::uint64_t n = 0, width = 1;
  Grid grid;
  Defines defines;
  KernelSource triad, empty;
};

inline double ns_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

std::unique_ptr<Way> bare_opencl(const DeviceInfo& info, const Work& work);
/// Throws Error where the program was built without CUDA.
std::unique_ptr<Way> bare_cuda(const DeviceInfo& info, const Work& work);

}  // namespace cardwise
