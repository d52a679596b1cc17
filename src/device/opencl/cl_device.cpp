// SPDX-License-Identifier: Apache-2.0
// Opens a card through OpenCL; allocates, compiles, loads.
#include "device/opencl/cl_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>

#include "core/sha256.hpp"
#include "device/opencl/opencl_backend.hpp"
#include "device/opencl/opencl_ptx.hpp"

namespace cardwise {
namespace {

std::string options_of(const Defines& defines) {
  std::string options;
  for (const auto& [name, value] : defines) options += fmt::format("-D{}={} ", name, value);
  return options;
}

/// "" where the runtime has none.
std::string build_log(cl_program program, cl_device_id device) {
  std::size_t size = 0;
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &size) != CL_SUCCESS)
    return "";
  std::string log(size, '\0');
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log.data(), nullptr) !=
      CL_SUCCESS)
    return "";
  return log.c_str();  // up to its final zero
}

/// Of PoCL nothing: its "binary" is whatever its cache holds of the program at that moment, which
/// other processes change meanwhile (3.1 then reads a folder that is gone, and crashes).
std::string binary_hash(const cl::Program& program, const std::string& platform) {
  if (platform == "Portable Computing Language") return "";
  try {
    const auto binaries = program.getInfo<CL_PROGRAM_BINARIES>();
    if (binaries.empty() || binaries[0].empty()) return "";
    return sha256_hex(std::as_bytes(std::span(binaries[0])));
  } catch (const cl::Error&) {
    return "";  // not every runtime hands its binary out
  }
}

std::vector<unsigned char> binary_of(const ImageCode& image) {
  const auto* bytes = reinterpret_cast<const char*>(image.bytes.data());
  if (image.format != "ptx") return {bytes, bytes + image.bytes.size()};
  const std::string text = ptx_for_opencl({bytes, image.bytes.size()});
  return {text.begin(), text.end()};
}

}  // namespace

std::unique_ptr<Device> open_opencl(const DeviceInfo& info, WaitMode wait) {
  try {
    for (const cl::Platform& platform : cl_platforms()) {
      if (platform.getInfo<CL_PLATFORM_NAME>() != info.platform) continue;
      const std::vector<cl::Device> devices = devices_of(platform);
      if (std::size_t(info.index) < devices.size())
        return std::make_unique<ClDevice>(info, platform, devices[std::size_t(info.index)], wait);
    }
  } catch (const cl::Error& error) {
    throw_cl(fmt::format("open {} through OpenCL ({})", info.name, error.what()), error.err());
  }
  throw Error(fmt::format("open {} through OpenCL: the device is gone from platform '{}'",
                          info.name, info.platform),
              true);
}

ClDevice::ClDevice(DeviceInfo info, const cl::Platform& platform, cl::Device device, WaitMode wait)
    : info_(std::move(info)), device_(std::move(device)), wait_(wait) {
  cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                        reinterpret_cast<cl_context_properties>(platform()), 0};
  context_ = cl::Context(device_, properties, &ClDevice::notify, this);
  mapping_queue_ = cl::CommandQueue(context_, device_);
  const std::string version = device_.getInfo<CL_DEVICE_VERSION>();  // "OpenCL 1.0 ..."
  knows_1_2_ = !version.starts_with("OpenCL 1.0") && !version.starts_with("OpenCL 1.1");
}

void CL_CALLBACK ClDevice::notify(const char* text, const void*, std::size_t, void* self) {
  auto* device = static_cast<ClDevice*>(self);
  const std::lock_guard lock(device->callback_mutex_);
  if (device->callback_text_.size() < 4096)
    device->callback_text_ += (device->callback_text_.empty() ? "" : "; ") + std::string(text);
}

std::string ClDevice::callback_text() {
  const std::lock_guard lock(callback_mutex_);
  return std::exchange(callback_text_, {});
}

std::unique_ptr<Queue> ClDevice::queue() { return make_cl_queue(*this, true); }

std::unique_ptr<Queue> ClDevice::untimed_queue() { return make_cl_queue(*this, false); }

std::unique_ptr<Buffer> ClDevice::allocate(std::size_t bytes, Memory memory) {
  const bool pinned = memory == Memory::pinned;
  // A buffer takes memory of the card there, wherever its host's side is.
  if (pinned && is_intel_fpga(info_.platform))
    return std::make_unique<ClBuffer>(PageBytes(bytes));
  try {
    const bool in_bank = !pinned && bank_ != nullptr;
    cl_mem_flags flags = CL_MEM_READ_WRITE;
    if (pinned) flags |= CL_MEM_ALLOC_HOST_PTR;
    if (in_bank) flags |= bank_->flags;
    cl::Buffer buffer(context_, flags, bytes);
    // Before any command: the argument says which bank it is, or it is made elsewhere and copied.
    if (in_bank) bank_->kernel.setArg(bank_->argument, buffer);
    std::byte* host = nullptr;
    if (pinned)
      host = static_cast<std::byte*>(
          mapping_queue_.enqueueMapBuffer(buffer, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, bytes));
    return std::make_unique<ClBuffer>(std::move(buffer), bytes,
                                      pinned ? mapping_queue_ : cl::CommandQueue(), host);
  } catch (const cl::Error& error) {
    throw_cl(
        fmt::format("allocate {} bytes{} on {}", bytes, pinned ? " of pinned memory" : "", label()),
        error.err(), callback_text());
  }
}

std::uint64_t ClBuffer::next_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

ClBuffer::~ClBuffer() {
  if (host_ == nullptr || !own_.empty()) return;
  try {
    mapped_by_.enqueueUnmapMemObject(memory_, host_);
    mapped_by_.finish();
  } catch (const cl::Error& error) {
    std::fprintf(stderr, "cardwise: unmap: %s\n", cl_error_name(error.err()).c_str());
  }
}

cl_int ClKernel::set(cl_uint index, const Arg& arg) {
  const auto* buffer = static_cast<const ClBuffer*>(arg.buffer());
  Held now{.value = buffer != nullptr ? buffer->id() : 0, .size = arg.size()};
  if (buffer == nullptr) std::memcpy(&now.value, arg.data(), sizeof now.value);
  if (index >= held_.size()) held_.resize(index + 1);
  if (held_[index] == now) return CL_SUCCESS;
  const cl_mem memory = buffer != nullptr ? buffer->memory()() : nullptr;
  // NOLINTNEXTLINE(bugprone-sizeof-expression): OpenCL is given the handle
  const cl_int code = buffer != nullptr ? clSetKernelArg(kernel_(), index, sizeof memory, &memory)
                                        : clSetKernelArg(kernel_(), index, arg.size(), arg.data());
  held_[index] = code == CL_SUCCESS ? now : Held{};
  return code;
}

ClDevice::Program ClDevice::build(const KernelSource& source, const Defines& defines) {
  cl::Program program;
  try {
    if (source.image) {
      program = cl::Program(context_, {device_}, {binary_of(*source.image)});
    } else {
      // One text, built whole: compile + link raced in PoCL's shared cache.
      program = cl::Program(context_, source.text);
    }
  } catch (const cl::Error& error) {
    throw_cl(fmt::format("make a program of {} on {}", source.file, label()), error.err(),
             callback_text());
  }
  // By hand: cl::Program::build answers with the code of a log that is not there, not of the build.
  const std::string options = source.image ? "" : options_of(defines);
  const cl_device_id device = device_();
  const cl_int code = clBuildProgram(program(), 1, &device, options.c_str(), nullptr, nullptr);
  if (code != CL_SUCCESS) {
    const std::string log = build_log(program(), device);
    std::string words = callback_text();
    if (!log.empty()) words += (words.empty() ? "" : "; ") + ("build log:\n" + log);
    throw_cl(fmt::format("build {} with {}on {}", source.file, options, label()), code, words);
  }
  return {program, binary_hash(program, info_.platform)};
}

void ClDevice::lies_in_bank(const KernelSource& source, const cl::Kernel& kernel) {
  if (source.bank_flags == 0 || !is_intel_fpga(info_.platform)) return;
  bank_ = &banks_[source.bank];
  if (bank_->flags != 0) return;
  bank_->flags = source.bank_flags;
  bank_->argument = cl_uint(source.bank_argument);
  // One of its own, which is never launched: what it holds may be gone.
  bank_->kernel = cl::Kernel(kernel.getInfo<CL_KERNEL_PROGRAM>(),
                             kernel.getInfo<CL_KERNEL_FUNCTION_NAME>().c_str());
}

std::unique_ptr<Kernel> ClDevice::load(const KernelSource& source, const std::string& entry,
                                       const Defines& defines) {
  const bool keep = std::none_of(defines.begin(), defines.end(), [](const auto& define) {
    return define.first.starts_with("CARDWISE_COLD");
  });
  Program program;
  // All kernels of an image are one program: it is loaded once, which programs an FPGA card.
  const std::string key = source.program_key(defines);
  if (const auto known = programs_.find(key); keep && known != programs_.end())
    program = known->second;
  else
    program = build(source, defines);
  if (keep) programs_.emplace(key, program);
  try {
    cl::Kernel kernel(program.program, entry.c_str());
    const auto takes = int(kernel.getInfo<CL_KERNEL_NUM_ARGS>());
    if (source.arguments >= 0 && takes != source.arguments)
      throw Error(fmt::format("{}: kernel '{}' takes {} arguments, and its manifest says {}",
                              source.file, entry, takes, source.arguments));
    lies_in_bank(source, kernel);
    return std::make_unique<ClKernel>(std::move(kernel), entry, program.sha256,
                                      source.single_work_item);
  } catch (const cl::Error& error) {
    if (error.err() == CL_INVALID_KERNEL_NAME)
      throw Error(fmt::format("{} has no kernel '{}'", source.file, entry));
    throw_cl(fmt::format("kernel '{}' of {} on {}", entry, source.file, label()), error.err(),
             callback_text());
  }
}

std::int64_t ClDevice::elapsed_ns(const Event& start, const Event& end) {
  return cl_elapsed_ns(start, end);
}

std::int64_t ClDevice::dispatch_ns(const Event& start) { return cl_dispatch_ns(start); }

}  // namespace cardwise
