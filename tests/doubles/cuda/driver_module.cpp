// SPDX-License-Identifier: Apache-2.0
// The CUDA double's driver: modules, functions, launches.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <regex>

#include "state.hpp"

namespace cuda_double {
namespace {

// Bytes of an OpenCL C type that a kernel can take by value; none for a typedef.
std::optional<std::size_t> size_of(const std::string& type) {
  static const std::map<std::string, std::size_t> scalars{
      {"char", 1},  {"uchar", 1}, {"short", 2}, {"ushort", 2}, {"half", 2},   {"int", 4},
      {"uint", 4},  {"float", 4}, {"long", 8},  {"ulong", 8},  {"double", 8}, {"size_t", 8}};
  const std::size_t digit = type.find_first_of("0123456789");
  const auto scalar = scalars.find(type.substr(0, digit));
  if (scalar == scalars.end()) return std::nullopt;
  if (digit == std::string::npos) return scalar->second;
  const std::size_t lanes = std::stoul(type.substr(digit));
  return scalar->second * (lanes == 3 ? 4 : lanes);
}

// clGetKernelArgInfo names a typedef by its own name; the text says what it stands for. The text
// has one typedef a dialect; the OpenCL one is the one whose type OpenCL knows.
std::optional<std::size_t> size_of(const std::string& type, const std::string& text) {
  if (const auto known = size_of(type)) return known;
  const std::regex definition("typedef\\s+(\\w+)\\s+" + type + "\\s*;");
  for (std::sregex_iterator it(text.begin(), text.end(), definition), end; it != end; ++it) {
    if ((*it)[1] == type) continue;
    if (const auto known = size_of((*it)[1].str(), text)) return known;
  }
  return std::nullopt;
}

// False where the kernel has an argument that CUDA could not pass.
bool describe_arguments(CUfunc_st& function, const std::string& text, std::string& why) {
  cl_uint count = 0;
  clGetKernelInfo(function.kernel, CL_KERNEL_NUM_ARGS, sizeof count, &count, nullptr);
  for (cl_uint i = 0; i < count; ++i) {
    cl_kernel_arg_address_qualifier space = 0;
    if (clGetKernelArgInfo(function.kernel, i, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof space,
                           &space, nullptr) != CL_SUCCESS) {
      why = "no argument information";
      return false;
    }
    if (space == CL_KERNEL_ARG_ADDRESS_GLOBAL) {
      function.argument_bytes.push_back(0);
      continue;
    }
    std::array<char, 256> type{};
    clGetKernelArgInfo(function.kernel, i, CL_KERNEL_ARG_TYPE_NAME, type.size(), type.data(),
                       nullptr);
    const std::optional<std::size_t> bytes = size_of(type.data(), text);
    if (space != CL_KERNEL_ARG_ADDRESS_PRIVATE || !bytes) {
      why = "argument " + std::to_string(i) + " of type " + type.data();
      return false;
    }
    function.argument_bytes.push_back(*bytes);
  }
  return true;
}

void write_log(unsigned count, const CUjit_option* options, void** values,
               const std::string& log) {
  char* buffer = nullptr;
  std::size_t size = 0;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER) buffer = static_cast<char*>(values[i]);
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) {
      size = reinterpret_cast<std::uintptr_t>(values[i]) & 0xffffffffU;
    }
  }
  if (buffer != nullptr && size > 0) std::snprintf(buffer, size, "%s", log.c_str());
}

// A line a program that was loaded, with its process and defines, for tests that count them.
void note_load(const Image& image) {
  const char* path = std::getenv("CARDWISE_CUDA_DOUBLE_LOADS");
  if (path == nullptr) return;
  std::string line = std::to_string(getpid());
  for (const std::string& define : image.defines) line += " " + define;
  if (std::FILE* file = std::fopen(path, "a")) {
    std::fprintf(file, "%s\n", line.c_str());
    std::fclose(file);
  }
}

}  // namespace
}  // namespace cuda_double

using namespace cuda_double;

EXPORT CUresult cuModuleLoadDataEx(CUmodule* module, const void* bytes, unsigned count,
                                   CUjit_option* options, void** values) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  Image image;
  if (!image.unpack(static_cast<const char*>(bytes))) {
    write_log(count, options, values, "cuda double: not made by the double of NVRTC");
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  note_load(image);
  std::string log;
  cl_program program = build(*pocl(), image, log);
  if (program == nullptr) {
    write_log(count, options, values, log);
    return CUDA_ERROR_INVALID_PTX;
  }
  *module = new CUmod_st{card, program, std::move(image), {}};
  return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleUnload(CUmodule module) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  for (CUstream stream : card->streams) clFinish(stream->queue);
  for (auto& [name, function] : module->functions) clReleaseKernel(function.kernel);
  clReleaseProgram(module->program);
  delete module;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  if (current_card(code) == nullptr) return code;
  if (const auto found = module->functions.find(name); found != module->functions.end()) {
    *function = &found->second;
    return CUDA_SUCCESS;
  }
  cl_int made = CL_SUCCESS;
  cl_kernel kernel = clCreateKernel(module->program, name, &made);
  if (made != CL_SUCCESS) return CUDA_ERROR_NOT_FOUND;
  CUfunc_st described{module->card, kernel, {}};
  std::string why;
  if (!describe_arguments(described, module->image.text, why)) {
    std::fprintf(stderr, "cuda double: %s: %s\n", name, why.c_str());
    clReleaseKernel(kernel);
    return CUDA_ERROR_NOT_SUPPORTED;
  }
  *function = &module->functions.emplace(name, std::move(described)).first->second;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y,
                               unsigned grid_z, unsigned block_x, unsigned block_y,
                               unsigned block_z, unsigned shared_bytes, CUstream stream,
                               void** arguments, void** extra) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  if (function == nullptr || stream == nullptr || card->streams.count(stream) == 0 ||
      function->card != card) {
    return CUDA_ERROR_INVALID_HANDLE;
  }
  // The limits of every CUDA card; no kernel of the dialect asks for dynamic shared memory.
  const std::size_t threads = std::size_t{block_x} * block_y * block_z;
  if (threads == 0 || threads > 1024 || grid_x == 0 || grid_y == 0 || grid_z == 0 ||
      grid_x > 0x7fffffffU || grid_y > 65535 || grid_z > 65535 || block_z > 64 ||
      shared_bytes != 0 || extra != nullptr) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  cl_uint i = 0;
  for (const std::size_t bytes : function->argument_bytes) {
    cl_int set = CL_SUCCESS;
    if (bytes != 0) {
      set = clSetKernelArg(function->kernel, i, bytes, arguments[i]);
    } else {
      void* address = nullptr;
      std::memcpy(&address, arguments[i], sizeof address);
      if (address != nullptr && state().holding(address, 1) == nullptr) {
        card->sticky = CUDA_ERROR_ILLEGAL_ADDRESS;  // as a card does: told by the calls after it
        return CUDA_SUCCESS;
      }
      set = clSetKernelArgSVMPointer(function->kernel, i, address);
    }
    if (set != CL_SUCCESS) return CUDA_ERROR_INVALID_VALUE;
    ++i;
  }
  const std::size_t global[3] = {std::size_t{grid_x} * block_x, std::size_t{grid_y} * block_y,
                                 std::size_t{grid_z} * block_z};
  const std::size_t local[3] = {block_x, block_y, block_z};
  const cl_int queued = clEnqueueNDRangeKernel(stream->queue, function->kernel, 3, nullptr, global,
                                               local, 0, nullptr, nullptr);
  clFlush(stream->queue);
  if (queued == CL_SUCCESS) return CUDA_SUCCESS;
  return queued == CL_INVALID_WORK_GROUP_SIZE ? CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES
                                              : CUDA_ERROR_INVALID_VALUE;
}
