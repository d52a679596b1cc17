// SPDX-License-Identifier: Apache-2.0
// Opens the first OpenCL device and builds kernels for it.
#include "card.hpp"

namespace cardwise::kernel_tests {

std::unique_ptr<Card> Card::first() {
  std::vector<cl::Platform> platforms;
  try {
    cl::Platform::get(&platforms);
    for (const cl::Platform& platform : platforms) {
      std::vector<cl::Device> devices;
      platform.getDevices(CL_DEVICE_TYPE_ALL, &devices);
      if (!devices.empty()) return std::unique_ptr<Card>(new Card(devices.front()));
    }
  } catch (const cl::Error&) {  // no platform, or one without devices
  }
  return nullptr;
}

Card::Card(const cl::Device& device)
    : device_(device), context_(device), queue_(context_, device) {
  const cl::Platform platform(device.getInfo<CL_DEVICE_PLATFORM>());
  emulated_ = platform.getInfo<CL_PLATFORM_NAME>().find("Oclgrind") != std::string::npos;
}

cl::Program Card::build(const std::string& file, const Defines& defines) const {
  cl::Program program(context_, flattened(CARDWISE_KERNELS "/portable.h", file));
  std::string options = "-cl-std=CL1.2";
  // Optimised code makes vectors out of undefined ones, which Oclgrind 21.10 reports or crashes on.
  if (emulated_) options += " -cl-opt-disable";
  for (const auto& [name, value] : defines) options += " -D" + name + "=" + value;
  try {
    program.build(options.c_str());
  } catch (const cl::Error&) {
    throw std::runtime_error(file + " [" + label(defines) + "]:\n" +
                             program.getBuildInfo<CL_PROGRAM_BUILD_LOG>(device_));
  }
  return program;
}

}  // namespace cardwise::kernel_tests
