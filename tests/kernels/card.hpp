// SPDX-License-Identifier: Apache-2.0
// The first OpenCL device, as the kernel tests use it: build, launch, read back, watch the guard.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#define CL_HPP_ENABLE_EXCEPTIONS
#define CL_HPP_TARGET_OPENCL_VERSION 120
#define CL_HPP_MINIMUM_OPENCL_VERSION 120
#include <CL/opencl.hpp>

#include "variants.hpp"

namespace cardwise::kernel_tests {

/// A buffer of `size` elements with a guard behind it that no kernel may touch. The emulator
/// checks bounds itself, so there the buffer ends with its last element.
template <class T>
class Array {
 public:
  Array(const cl::Context& context, const cl::CommandQueue& queue, std::vector<T> values,
        std::size_t guard_bytes)
      : queue_(queue), size_(values.size()), guard_bytes_(guard_bytes) {
    std::vector<std::byte> bytes(size_ * sizeof(T) + guard_bytes, guard);
    std::memcpy(bytes.data(), values.data(), size_ * sizeof(T));
    buffer_ = cl::Buffer(context, CL_MEM_READ_WRITE, bytes.size());
    queue_.enqueueWriteBuffer(buffer_, CL_TRUE, 0, bytes.size(), bytes.data());
  }

  const cl::Buffer& buffer() const { return buffer_; }

  /// The elements; throws if the guard behind them was written.
  std::vector<T> read() const {
    std::vector<std::byte> bytes(size_ * sizeof(T) + guard_bytes_);
    queue_.enqueueReadBuffer(buffer_, CL_TRUE, 0, bytes.size(), bytes.data());
    for (std::size_t i = size_ * sizeof(T); i < bytes.size(); ++i)
      if (bytes[i] != guard) throw std::runtime_error("a kernel wrote behind its buffer");
    std::vector<T> values(size_);
    std::memcpy(values.data(), bytes.data(), size_ * sizeof(T));
    return values;
  }

 private:
  static constexpr std::byte guard{0xA5};
  cl::CommandQueue queue_;
  cl::Buffer buffer_;
  std::size_t size_;
  std::size_t guard_bytes_;
};

class Card {
 public:
  /// nullptr if there is no OpenCL device.
  static std::unique_ptr<Card> first();

  bool emulated() const { return emulated_; }

  template <class T>
  Array<T> array(std::vector<T> values) const {
    return {context_, queue_, std::move(values), emulated_ ? 0u : 4096u};
  }

  /// Builds `file` with the dialect's header; throws with the compiler's log.
  cl::Program build(const std::string& file, const Defines& defines) const;

  /// Launches `entry` of kernels/`kernel`.cl over `global` in groups of `local` and waits.
  template <class... Arguments>
  void launch(const std::string& kernel, const std::string& entry, const Defines& defines,
              const cl::NDRange& global, const cl::NDRange& local, const Arguments&... arguments) {
    launch_file(CARDWISE_KERNELS "/" + kernel + ".cl", entry, defines, global, local,
                arguments...);
  }

  /// The same for a kernel anywhere.
  template <class... Arguments>
  void launch_file(const std::string& file, const std::string& entry, const Defines& defines,
                   const cl::NDRange& global, const cl::NDRange& local,
                   const Arguments&... arguments) {
    cl::Kernel function(build(file, defines), entry.c_str());
    cl_uint index = 0;
    (set(function, index++, arguments), ...);
    queue_.enqueueNDRangeKernel(function, cl::NullRange, global, local);
    queue_.finish();
  }

 private:
  explicit Card(const cl::Device& device);

  template <class T>
  static void set(cl::Kernel& function, cl_uint index, const Array<T>& array) {
    function.setArg(index, array.buffer());
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  static void set(cl::Kernel& function, cl_uint index, T value) {
    function.setArg(index, value);
  }

  cl::Device device_;
  cl::Context context_;
  cl::CommandQueue queue_;
  bool emulated_ = false;
};

}  // namespace cardwise::kernel_tests
