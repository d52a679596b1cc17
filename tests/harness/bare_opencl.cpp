// SPDX-License-Identifier: Apache-2.0
// A plain OpenCL program.
#include <fmt/format.h>

#include "core/error.hpp"
#include "device/opencl/cl.hpp"
#include "way.hpp"

namespace cardwise {
namespace {

class BareWay : public Way {
 public:
  BareWay(const cl::Platform& platform, const cl::Device& device, const Work& work)
      : work_(work),
        context_(make(platform, device)),
        queue_(context_, device, CL_QUEUE_PROFILING_ENABLE),
        triad_(build(device, work.triad.text, "cw_triad")),
        empty_(build(device, work.empty.text, "cw_empty")) {
    for (cl::Buffer& buffer : buffers_) {
      buffer = cl::Buffer(context_, CL_MEM_READ_WRITE, work.n * 8);
      queue_.enqueueFillBuffer(buffer, 0.0, 0, work.n * 8);
    }
    triad_.setArg(0, cl_ulong(work.n));
    triad_.setArg(1, 3.0);
    for (cl_uint i = 0; i < 3; ++i) triad_.setArg(2 + i, buffers_[i]);
    empty_.setArg(0, buffers_[0]);
    queue_.finish();
  }

  Window triad(std::uint64_t launches) override {
    cl::Event first, last;
    const cl::NDRange global(work_.grid.global[0]), group(work_.grid.group[0]);
    const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < launches; ++i)
      queue_.enqueueNDRangeKernel(triad_, cl::NullRange, global, group, nullptr,
                                  i == 0              ? &first
                                  : i + 1 == launches ? &last
                                                      : nullptr);
    queue_.finish();
    const double host = ns_since(start);
    const cl::Event& end = launches == 1 ? first : last;
    return {double(end.getProfilingInfo<CL_PROFILING_COMMAND_END>() -
                   first.getProfilingInfo<CL_PROFILING_COMMAND_START>()),
            host};
  }

  double round_trip(std::uint64_t trips) override {
    const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < trips; ++i) {
      queue_.enqueueNDRangeKernel(empty_, cl::NullRange, cl::NDRange(1), cl::NDRange(1));
      queue_.finish();
    }
    return ns_since(start) / double(trips);
  }

 private:
  static cl::Context make(const cl::Platform& platform, const cl::Device& device) {
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                          reinterpret_cast<cl_context_properties>(platform()), 0};
    return cl::Context(device, properties);
  }

  cl::Kernel build(const cl::Device& device, const std::string& text, const char* entry) {
    std::string flags;
    for (const auto& [name, value] : work_.defines) flags += fmt::format("-D{}={} ", name, value);
    cl::Program program(context_, text);
    program.build({device}, flags.c_str());
    return cl::Kernel(program, entry);
  }

  const Work& work_;
  cl::Context context_;
  cl::CommandQueue queue_;
  cl::Kernel triad_, empty_;
  cl::Buffer buffers_[3];
};

}  // namespace

std::unique_ptr<Way> bare_opencl(const DeviceInfo& info, const Work& work) {
  for (const cl::Platform& platform : cl_platforms())
    if (platform.getInfo<CL_PLATFORM_NAME>() == info.platform)
      return std::make_unique<BareWay>(platform, devices_of(platform).at(std::size_t(info.index)),
                                       work);
  throw Error("the platform is gone");
}

}  // namespace cardwise
