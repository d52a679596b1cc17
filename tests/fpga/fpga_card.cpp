// SPDX-License-Identifier: Apache-2.0
// Opens the device, builds the text once, starts its kernels as tasks.
#include "fpga_card.hpp"

#include <chrono>
#include <fstream>
#include <sstream>

namespace cardwise::fpga_tests {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Runtime runtime_of(const std::string& platform) {
  if (platform == "Intel(R) FPGA Emulation Platform for OpenCL(TM)") return Runtime::emulator;
  if (platform == "Portable Computing Language") return Runtime::pocl;
  if (platform == "Oclgrind") return Runtime::oclgrind;
  return Runtime::other;
}

}  // namespace

std::unique_ptr<FpgaCard> FpgaCard::open(const Settings& settings) {
  std::vector<cl::Platform> platforms;
  try {
    cl::Platform::get(&platforms);
  } catch (const cl::Error&) {  // no platform at all
    return nullptr;
  }
  for (const cl::Platform& platform : platforms) {
    if (platform.getInfo<CL_PLATFORM_NAME>().find(settings.platform) == std::string::npos) continue;
    std::vector<cl::Device> devices;
    try {
      platform.getDevices(CL_DEVICE_TYPE_ALL, &devices);
    } catch (const cl::Error&) {  // a platform without devices
      continue;
    }
    if (!devices.empty())
      return std::unique_ptr<FpgaCard>(new FpgaCard(platform, devices.front(), settings));
  }
  return nullptr;
}

FpgaCard::FpgaCard(const cl::Platform& platform, const cl::Device& device, const Settings& settings)
    : device_(device), context_(device), queue_(context_, device) {
  runtime_ = runtime_of(platform.getInfo<CL_PLATFORM_NAME>());
  // Optimised code makes vectors out of undefined ones, which Oclgrind 21.10 reports or crashes on.
  const std::string options = slow() ? "-cl-opt-disable" : "";
  const auto start = std::chrono::steady_clock::now();
  program_ = build(text_of(settings.text), "-cl-std=CL1.2 " + options);
  build_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (settings.replications == 1) suffixes_ = {""};
  for (int k = 0; settings.replications > 1 && k < settings.replications; ++k)
    suffixes_.push_back("_r" + std::to_string(k));
}

cl::Program FpgaCard::build(const std::string& text, const std::string& options) const {
  cl::Program program(context_, text);
  try {
    program.build(options.c_str());
  } catch (const cl::Error& error) {
    throw std::runtime_error("build with '" + options + "': " + std::to_string(error.err()) + "\n" +
                             program.getBuildInfo<CL_PROGRAM_BUILD_LOG>(device_));
  }
  return program;
}

void FpgaCard::start(const cl::Kernel& function) const {
  const cl_int status = clEnqueueTask(queue_(), function(), 0, nullptr, nullptr);
  if (status != CL_SUCCESS) throw cl::Error(status, "clEnqueueTask");
  queue_.finish();
}

}  // namespace cardwise::fpga_tests
