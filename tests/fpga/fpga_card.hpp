// SPDX-License-Identifier: Apache-2.0
// One device of a platform that is named, and the program text of a board built for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../kernels/card.hpp"

namespace cardwise::fpga_tests {

using kernel_tests::Array;

/// What the command line says: see fpga_main.cpp.
struct Settings {
  std::string platform;  ///< part of CL_PLATFORM_NAME
  std::string text;      ///< the program text that program.py made
  int replications = 1;
};

enum class Runtime { emulator, pocl, oclgrind, other };

class FpgaCard {
 public:
  /// nullptr if there is no such platform or it has no device.
  static std::unique_ptr<FpgaCard> open(const Settings& settings);

  Runtime runtime() const { return runtime_; }
  bool slow() const { return runtime_ == Runtime::oclgrind; }
  double build_s() const { return build_s_; }
  const cl::Device& device() const { return device_; }
  const cl::Context& context() const { return context_; }
  const cl::CommandQueue& queue() const { return queue_; }

  /// "" for an image that is not replicated, else "_r0", "_r1" ...
  const std::vector<std::string>& suffixes() const { return suffixes_; }

  template <class T>
  Array<T> array(std::vector<T> values) const {
    return {context_, queue_, std::move(values), slow() ? 0u : 4096u};
  }

  cl::Kernel kernel(const std::string& entry) const { return {program_, entry.c_str()}; }

  /// Builds another text; throws with the compiler's log.
  cl::Program build(const std::string& text, const std::string& options) const;

  /// Starts `entry` as a task and waits.
  template <class... Arguments>
  void task(const std::string& entry, const Arguments&... arguments) const {
    cl::Kernel function = kernel(entry);
    cl_uint index = 0;
    (set(function, index++, arguments), ...);
    start(function);
  }

  /// clEnqueueTask and clFinish.
  void start(const cl::Kernel& function) const;

 private:
  FpgaCard(const cl::Platform& platform, const cl::Device& device, const Settings& settings);

  template <class T>
  static void set(cl::Kernel& function, cl_uint index, const Array<T>& array) {
    function.setArg(index, array.buffer());
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  static void set(cl::Kernel& function, cl_uint index, T value) { function.setArg(index, value); }

  cl::Device device_;
  cl::Context context_;
  cl::CommandQueue queue_;
  cl::Program program_;
  Runtime runtime_ = Runtime::other;
  double build_s_ = 0;
  std::vector<std::string> suffixes_;
};

}  // namespace cardwise::fpga_tests
