// SPDX-License-Identifier: Apache-2.0
// Triad of our FPGA kernels beside another suite's, in turn in one process:
//   fpga_stream OURS.cl THEIRS.cl [--n 33554432] [--replications 32] [--rounds 20]
// OURS.cl: kernels/fpga/program.py 520n-mx --image streams --text OURS.cl. THEIRS.cl: kernels calc_0, calc_1, … with the
// arguments (in1, in2, out, scalar, n, operation), operation 3 being out = scalar * in1 + in2, as HPCC_FPGA's STREAM has
// them; nothing of that suite is in this repository. Both texts are built by the card's runtime (an emulator: nothing
// else compiles FPGA kernels there). Each replication has a queue and n / replications elements; a round is one launch of
// all replications, timed by the host from the user event that lets them go until the last is done, as their host program
// does it. Checks every result. Prints rates and the median of the rounds' ratios with a 95 % interval.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>

#include "core/stats.hpp"
#include "device/opencl/cl.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

constexpr float scalar = 3;

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One text's triads, with queues and buffers of their own.
class Stream {
 public:
  Stream(const cl::Context& context, const cl::Device& device, const std::string& path,
         std::size_t each, int replications, bool ours)
      : context_(context), each_(each), ours_(ours) {
    cl::Program program(context, read_text(path));
    try {
      program.build({device});
    } catch (const cl::Error&) {
      throw Error(path + ": " + program.getBuildInfo<CL_PROGRAM_BUILD_LOG>(device));
    }
    for (int k = 0; k < replications; ++k) {
      queues_.emplace_back(context, device);
      const std::string name = fmt::format(fmt::runtime(ours ? "cw_triad_f32_r{}" : "calc_{}"), k);
      kernels_.emplace_back(program, name.c_str());
      set_arguments(k, kernels_.back());
    }
    for (cl::CommandQueue& queue : queues_) queue.finish();
  }

  /// Seconds from the moment that lets all replications go until the last is done.
  double run() {
    cl::UserEvent go(context_);
    const std::vector<cl::Event> after{go};
    std::vector<cl::Event> done(queues_.size());
    for (std::size_t k = 0; k < queues_.size(); ++k)
      queues_[k].enqueueNDRangeKernel(kernels_[k], cl::NullRange, cl::NDRange(1), cl::NDRange(1),
                                      &after, &done[k]);
    const Clock::time_point start = Clock::now();
    go.setStatus(CL_COMPLETE);
    cl::Event::waitForEvents(done);
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  bool is_right() {
    std::vector<float> out(each_);
    for (std::size_t k = 0; k < queues_.size(); ++k) {
      queues_[k].enqueueReadBuffer(out_[k], CL_TRUE, 0, each_ * sizeof(float), out.data());
      for (std::size_t i = 0; i < each_; ++i)
        if (out[i] != float(i % 1000) + scalar * float(i % 7)) return false;
    }
    return true;
  }

 private:
  void set_arguments(int k, cl::Kernel& kernel) {
    std::vector<float> b(each_), c(each_);
    for (std::size_t i = 0; i < each_; ++i) b[i] = float(i % 1000), c[i] = float(i % 7);
    const auto filled = [&](const std::vector<float>& values) {
      cl::Buffer buffer(context_, CL_MEM_READ_WRITE, each_ * sizeof(float));
      queues_.back().enqueueWriteBuffer(buffer, CL_TRUE, 0, each_ * sizeof(float), values.data());
      return buffer;
    };
    const cl::Buffer in_b = filled(b), in_c = filled(c);
    out_.push_back(filled(std::vector<float>(each_)));
    in_.push_back(in_b), in_.push_back(in_c);
    if (ours_) {
      kernel.setArg(0, cl_ulong(each_));
      kernel.setArg(1, scalar);
      kernel.setArg(2, in_b), kernel.setArg(3, in_c), kernel.setArg(4, out_[std::size_t(k)]);
    } else {
      kernel.setArg(0, in_c), kernel.setArg(1, in_b), kernel.setArg(2, out_[std::size_t(k)]);
      kernel.setArg(3, scalar);
      kernel.setArg(4, cl_uint(each_)), kernel.setArg(5, cl_uint(3));
    }
  }

  cl::Context context_;
  std::size_t each_;
  bool ours_;
  std::vector<cl::CommandQueue> queues_;
  std::vector<cl::Kernel> kernels_;
  std::vector<cl::Buffer> in_, out_;
};

int run(const std::string& ours_path, const std::string& theirs_path, std::size_t n,
        int replications, int rounds) {
  for (const cl::Platform& platform : cl_platforms()) {
    for (const cl::Device& device : devices_of(platform)) {
      if (device.getInfo<CL_DEVICE_TYPE>() != CL_DEVICE_TYPE_ACCELERATOR) continue;
      fmt::print("{}\n", device.getInfo<CL_DEVICE_NAME>());
      const cl::Context context(device);
      const std::size_t each = n / std::size_t(replications);
      Stream ours(context, device, ours_path, each, replications, true);
      Stream theirs(context, device, theirs_path, each, replications, false);
      ours.run(), theirs.run();  // pages and threads are made
      std::vector<double> a, b, ratios;
      for (int round = 0; round < rounds; ++round) {
        const bool first = round % 2 == 0;
        if (first) a.push_back(ours.run());
        b.push_back(theirs.run());
        if (!first) a.push_back(ours.run());
        ratios.push_back(b.back() / a.back());
      }
      if (!ours.is_right() || !theirs.is_right()) throw Error("a result is wrong");
      const double bytes = 3.0 * sizeof(float) * double(each) * double(replications);
      const std::optional<Interval> interval = median_interval(ratios);
      fmt::print("triad, {} x {} elements: ours {:.2f} GB/s, theirs {:.2f} GB/s, ours/theirs {:.3f}",
                 replications, each, bytes / median(a) / 1e9, bytes / median(b) / 1e9,
                 median(ratios));
      if (interval) fmt::print(" [{:.3f}, {:.3f}]", interval->lo, interval->hi);
      fmt::print(", {} rounds\n", rounds);
      return 0;
    }
  }
  throw Error("no FPGA card or emulator");
}

}  // namespace
}  // namespace cardwise

int main(int argc, char** argv) {
  CLI::App app("Triad of two texts of FPGA kernels, in turn.");
  std::string ours, theirs;
  std::size_t n = 1 << 25;
  int replications = 32, rounds = 20;
  app.add_option("ours", ours)->required()->check(CLI::ExistingFile);
  app.add_option("theirs", theirs)->required()->check(CLI::ExistingFile);
  app.add_option("--n", n);
  app.add_option("--replications", replications)->check(CLI::PositiveNumber);
  app.add_option("--rounds", rounds)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    return cardwise::run(ours, theirs, n, replications, rounds);
  } catch (const std::exception& error) {
    fmt::print(stderr, "fpga_stream: {}\n", error.what());
    return 1;
  }
}
