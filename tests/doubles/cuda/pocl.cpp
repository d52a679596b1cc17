// SPDX-License-Identifier: Apache-2.0
// The OpenCL device on which the CUDA double runs kernels, and its compiler.
#include "pocl.hpp"

#include <array>
#include <cstring>
#include <sstream>

namespace cuda_double {
namespace {

constexpr const char* magic = "cardwise-cuda-double";

cl_platform_id platform() {
  std::array<cl_platform_id, 16> all{};
  cl_uint count = 0;
  if (clGetPlatformIDs(all.size(), all.data(), &count) != CL_SUCCESS) return nullptr;
  for (cl_uint i = 0; i < count && i < all.size(); ++i) {
    std::array<char, 256> name{};
    clGetPlatformInfo(all[i], CL_PLATFORM_NAME, name.size(), name.data(), nullptr);
    if (std::strcmp(name.data(), "Portable Computing Language") == 0) return all[i];
  }
  return nullptr;
}

template <class Value>
Value info(cl_device_id device, cl_device_info what) {
  Value value{};
  clGetDeviceInfo(device, what, sizeof value, &value, nullptr);
  return value;
}

Pocl* make() {
  const cl_platform_id from = platform();
  if (from == nullptr) return nullptr;
  std::array<cl_device_id, 16> devices{};
  cl_uint count = 0;
  clGetDeviceIDs(from, CL_DEVICE_TYPE_ALL, devices.size(), devices.data(), &count);
  for (cl_uint i = 0; i < count && i < devices.size(); ++i) {
    std::array<char, 256> name{};
    clGetDeviceInfo(devices[i], CL_DEVICE_NAME, name.size(), name.data(), nullptr);
    // "basic" devices work in the caller's thread and only when asked to: nothing would overlap.
    if (std::strncmp(name.data(), "basic", 5) == 0) continue;
    if (info<cl_device_svm_capabilities>(devices[i], CL_DEVICE_SVM_CAPABILITIES) == 0) continue;
    cl_int code = CL_SUCCESS;
    cl_context context = clCreateContext(nullptr, 1, &devices[i], nullptr, nullptr, &code);
    if (code != CL_SUCCESS) continue;
    return new Pocl{
        .device = devices[i],
        .context = context,
        .compute_units = static_cast<int>(info<cl_uint>(devices[i], CL_DEVICE_MAX_COMPUTE_UNITS)),
        .clock_mhz = static_cast<int>(info<cl_uint>(devices[i], CL_DEVICE_MAX_CLOCK_FREQUENCY)),
        .memory_bytes = info<cl_ulong>(devices[i], CL_DEVICE_GLOBAL_MEM_SIZE),
        .local_bytes = info<cl_ulong>(devices[i], CL_DEVICE_LOCAL_MEM_SIZE),
        .cache_bytes = info<cl_ulong>(devices[i], CL_DEVICE_GLOBAL_MEM_CACHE_SIZE)};
  }
  return nullptr;
}

}  // namespace

const Pocl* pocl() {
  // Never destroyed: the runtime's own exit handlers may have run before.
  static const Pocl* const instance = make();
  return instance;
}

std::string Image::pack() const {
  std::ostringstream out;
  out << magic << '\n' << defines.size() << '\n';
  for (const std::string& define : defines) out << define << '\n';
  out << text;
  return out.str();
}

bool Image::unpack(const char* bytes) {
  // Of a file in ELF, as an image has it, what stands behind the header.
  if (std::strncmp(bytes, "\x7f" "ELF", 4) == 0) bytes += 64;
  // Machine code made by the real compiler is binary: look no further than the first letters.
  if (std::strncmp(bytes, magic, std::strlen(magic)) != 0) return false;
  std::istringstream in(bytes);
  std::string line;
  std::getline(in, line);
  std::getline(in, line);
  defines.resize(std::stoul(line));
  for (std::string& define : defines) std::getline(in, define);
  text.assign(std::istreambuf_iterator<char>(in), {});
  return true;
}

cl_program build(const Pocl& pocl, const Image& image, std::string& log) {
  const char* text = image.text.c_str();
  cl_int code = CL_SUCCESS;
  cl_program program = clCreateProgramWithSource(pocl.context, 1, &text, nullptr, &code);
  if (code != CL_SUCCESS) {
    log = "clCreateProgramWithSource: " + std::to_string(code);
    return nullptr;
  }
  std::string options = "-cl-std=CL1.2 -cl-kernel-arg-info";
  for (const std::string& define : image.defines) options += " " + define;
  code = clBuildProgram(program, 1, &pocl.device, options.c_str(), nullptr, nullptr);
  if (code == CL_SUCCESS) return program;
  std::size_t size = 0;
  clGetProgramBuildInfo(program, pocl.device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &size);
  log.resize(size);
  clGetProgramBuildInfo(program, pocl.device, CL_PROGRAM_BUILD_LOG, size, log.data(), nullptr);
  log.resize(std::strlen(log.c_str()));  // up to its final zero
  if (log.empty()) log = "clBuildProgram: " + std::to_string(code);
  clReleaseProgram(program);
  return nullptr;
}

}  // namespace cuda_double
