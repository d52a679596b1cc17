// SPDX-License-Identifier: Apache-2.0
// Prints what the CUDA backend sees, for tests of the environment; with `run` it also computes.
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "device/cuda/cuda_backend.hpp"
#include "device/kernel_source.hpp"

using namespace cardwise;

namespace {

// 2 * 1 + 3 by the card.
float five(const DeviceInfo& info) {
  const auto device = open_cuda(info, WaitMode::spin);
  const auto queue = device->queue();
  const Defines defines{{"REAL", "float"}, {"WIDTH", "1"}, {"GROUP", "1"}, {"TAIL", "0"}};
  const auto saxpy = device->load(portable_kernel("saxpy"), "cw_saxpy", defines);
  const std::vector<float> one{1};
  std::vector<float> y{3};
  const auto x_memory = device->allocate(4, Memory::device);
  const auto y_memory = device->allocate(4, Memory::device);
  queue->write(*x_memory, std::as_bytes(std::span(one)));
  queue->write(*y_memory, std::as_bytes(std::span(y)));
  queue->launch(*saxpy, {}, {std::uint64_t{1}, 2.0F, *x_memory, *y_memory});
  queue->read(std::as_writable_bytes(std::span(y)), *y_memory);
  queue->wait();
  return y.front();
}

}  // namespace

int main(int argc, char** argv) {
  const Found found = list_cuda();
  if (found.devices.empty()) std::cout << "none: " << found.why_none << "\n";
  for (const DeviceInfo& d : found.devices) {
    std::cout << d.index << " " << d.uuid << " " << d.pci_bus_id << " " << d.cc_major << "."
              << d.cc_minor << " " << d.memory_bytes << " " << name_of(d.device_class) << " "
              << d.name << "\n";
  }
  if (argc > 1 && std::string(argv[1]) == "run") {
    try {
      std::cout << "five = " << five(found.devices.at(0)) << "\n";
    } catch (const Error& error) {
      std::cout << "error: " << error.what() << "\n";
    }
  }
  std::cout << "version: " << cuda_version() << "\n";
}
