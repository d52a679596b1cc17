// SPDX-License-Identifier: Apache-2.0
// A program as an OpenCL runtime keeps it, for an image that no compiler of its own makes.
#include <cstring>

#include "core/sha256.hpp"
#include "device/opencl/cl.hpp"
#include "device/opencl/opencl_backend.hpp"

namespace cardwise {
namespace {

std::string log_of(const cl::Program& program, const cl::Device& device) {
  std::string log;
  if (program.getBuildInfo(device, CL_PROGRAM_BUILD_LOG, &log) != CL_SUCCESS) return "";
  return log.c_str();  // up to its final zero
}

}  // namespace

RuntimeBinary compile_opencl_binary(const std::string& platform_name, const std::string& text) {
  for (const cl::Platform& platform : cl_platforms()) {
    if (platform.getInfo<CL_PLATFORM_NAME>() != platform_name) continue;
    const std::vector<cl::Device> devices = devices_of(platform);
    if (devices.empty()) break;
    const cl::Device& device = devices.front();
    try {
      const cl::Context context(device);
      const cl::Program program(context, text);
      const cl_device_id id = device();
      const cl_int code = clBuildProgram(program(), 1, &id, "-cl-std=CL1.2", nullptr, nullptr);
      if (code != CL_SUCCESS)
        throw_cl("build the image's text on " + device.getInfo<CL_DEVICE_NAME>(), code,
                 "build log:\n" + log_of(program, device));
      const auto binaries = program.getInfo<CL_PROGRAM_BINARIES>();
      if (binaries.empty() || binaries[0].empty())
        throw Error("platform '" + platform_name + "' gives no program binary");
      ImageCode code_of_it;
      code_of_it.bytes.resize(binaries[0].size());
      std::memcpy(code_of_it.bytes.data(), binaries[0].data(), binaries[0].size());
      code_of_it.format = "opencl-binary";
      code_of_it.sha256 = sha256_hex(std::span<const std::byte>(code_of_it.bytes));
      return {std::move(code_of_it), device.getInfo<CL_DRIVER_VERSION>()};
    } catch (const cl::Error& error) {
      throw_cl(std::string("build an image (") + error.what() + ")", error.err());
    }
  }
  throw UsageError("no device of platform '" + platform_name +
                   "' here, whose runtime compiles this board's images (for the emulator: "
                   "scripts/setup.sh --with-fpga-emulator, and set OCL_ICD_VENDORS as it says)");
}

}  // namespace cardwise
