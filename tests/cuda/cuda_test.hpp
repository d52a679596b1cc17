// SPDX-License-Identifier: Apache-2.0
// What the CUDA tests share: an open card, and typed buffers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/cuda/cuda_backend.hpp"
#include "device/kernel_source.hpp"

namespace cardwise::cuda_tests {

class CudaTest : public ::testing::Test {
 protected:
  static DeviceInfo card(std::size_t i = 0) { return list_cuda().devices.at(i); }

  std::unique_ptr<Buffer> device_memory(std::size_t bytes) {
    return device->allocate(bytes, Memory::device);
  }

  template <class T>
  std::unique_ptr<Buffer> buffer(const std::vector<T>& values) {
    std::unique_ptr<Buffer> made = device_memory(values.size() * sizeof(T));
    queue->write(*made, std::as_bytes(std::span(values)));
    queue->wait();
    return made;
  }

  template <class T>
  std::vector<T> contents(Buffer& from) {
    std::vector<T> values(from.bytes() / sizeof(T));
    queue->read(std::as_writable_bytes(std::span(values)), from);
    queue->wait();
    return values;
  }

  bool on_double() const { return device->info().emulated; }

  std::unique_ptr<Device> device = open_cuda(card(), WaitMode::spin);
  std::unique_ptr<Queue> queue = device->queue();
};

/// A kernel of the dialect with this body behind the dialect's header.
inline KernelSource source_of(const std::string& body) {
  KernelSource source = portable_kernel("saxpy");
  source.name = "test";
  source.file = "test.cl";
  source.text = source.text.substr(0, source.text.find("#line")) + "#line 1 \"test.cl\"\n" + body;
  return source;
}

/// The text of the Error that `action` throws; a failure if it throws none.
template <class Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error("none");
}

/// A matcher for texts: GoogleTest alone has none.
inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace cardwise::cuda_tests
