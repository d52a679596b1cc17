// SPDX-License-Identifier: Apache-2.0
// Triad of our FPGA kernels beside another suite's, in turn in one process:
//   fpga_stream OURS.cl THEIRS.cl [--n 33554432] [--replications 32] [--rounds 20]
// OURS.cl: kernels/fpga/program.py 520n-mx --image streams --text OURS.cl. THEIRS.cl: kernels calc_0, calc_1, … with the
// arguments (in1, in2, out, scalar, n, operation), operation 3 being out = scalar * in1 + in2, as HPCC_FPGA's STREAM has
// them; nothing of that suite is in this repository. Both texts are built by the card's runtime (an emulator: nothing
// else compiles FPGA kernels there). Each replication has a queue and n / replications elements, the same for both; a round is one launch of
// all replications, timed by the host from the user event that lets them go until the last is done, as their host program
// does it. Checks every result. Prints rates and the median of the rounds' ratios with a 95 % interval.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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

/// A queue and arrays for each replication; both texts work on the same, so that neither has the better pages.
struct Share {
  cl::CommandQueue queue;
  cl::Buffer a, b, c;
};

std::vector<Share> make_shares(const cl::Context& context, const cl::Device& device,
                               std::size_t each, int replications) {
  std::vector<float> b(each), c(each);
  for (std::size_t i = 0; i < each; ++i) b[i] = float(i % 1000), c[i] = float(i % 7);
  std::vector<Share> shares;
  for (int k = 0; k < replications; ++k) {
    const auto buffer = [&] {
      return cl::Buffer(context, CL_MEM_READ_WRITE, each * sizeof(float));
    };
    shares.push_back({cl::CommandQueue(context, device), buffer(), buffer(), buffer()});
    const Share& share = shares.back();
    share.queue.enqueueWriteBuffer(share.b, CL_TRUE, 0, each * sizeof(float), b.data());
    share.queue.enqueueWriteBuffer(share.c, CL_TRUE, 0, each * sizeof(float), c.data());
  }
  return shares;
}

/// One text's triads.
class Stream {
 public:
  Stream(const cl::Context& context, const cl::Device& device, const std::string& path,
         const std::vector<Share>& shares, std::size_t each, bool ours)
      : context_(context), shares_(shares), each_(each) {
    cl::Program program(context, read_text(path));
    try {
      program.build({device});
    } catch (const cl::Error&) {
      throw Error(path + ": " + program.getBuildInfo<CL_PROGRAM_BUILD_LOG>(device));
    }
    for (std::size_t k = 0; k < shares.size(); ++k) {
      const std::string name = fmt::format(fmt::runtime(ours ? "cw_triad_f32_r{}" : "calc_{}"), k);
      kernels_.emplace_back(program, name.c_str());
      if (ours)
        set(kernels_.back(), cl_ulong(each), scalar, shares[k].b, shares[k].c, shares[k].a);
      else
        set(kernels_.back(), shares[k].c, shares[k].b, shares[k].a, scalar, cl_uint(each),
            cl_uint(3));
    }
  }

  /// Seconds from the moment that lets all replications go until the last is done.
  double run() {
    cl::UserEvent go(context_);
    const std::vector<cl::Event> after{go};
    std::vector<cl::Event> done(shares_.size());
    for (std::size_t k = 0; k < shares_.size(); ++k)
      shares_[k].queue.enqueueNDRangeKernel(kernels_[k], cl::NullRange, cl::NDRange(1),
                                            cl::NDRange(1), &after, &done[k]);
    const Clock::time_point start = Clock::now();
    go.setStatus(CL_COMPLETE);
    cl::Event::waitForEvents(done);
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// Once more, into arrays of zeros; throws Error where a result is wrong.
  void check() {
    std::vector<float> out(each_);
    for (const Share& share : shares_)
      share.queue.enqueueWriteBuffer(share.a, CL_TRUE, 0, each_ * sizeof(float), out.data());
    run();
    for (const Share& share : shares_) {
      share.queue.enqueueReadBuffer(share.a, CL_TRUE, 0, each_ * sizeof(float), out.data());
      for (std::size_t i = 0; i < each_; ++i)
        if (out[i] != float(i % 1000) + scalar * float(i % 7)) throw Error("a result is wrong");
      std::fill(out.begin(), out.end(), 0.0f);
    }
  }

 private:
  template <class... Arguments>
  static void set(cl::Kernel& kernel, const Arguments&... arguments) {
    cl_uint at = 0;
    (kernel.setArg(at++, arguments), ...);
  }

  cl::Context context_;
  const std::vector<Share>& shares_;
  std::size_t each_;
  std::vector<cl::Kernel> kernels_;
};

int run(const std::string& ours_path, const std::string& theirs_path, std::size_t n,
        int replications, int rounds) {
  for (const cl::Platform& platform : cl_platforms()) {
    for (const cl::Device& device : devices_of(platform)) {
      if (device.getInfo<CL_DEVICE_TYPE>() != CL_DEVICE_TYPE_ACCELERATOR) continue;
      fmt::print("{}\n", device.getInfo<CL_DEVICE_NAME>());
      const cl::Context context(device);
      const std::size_t each = n / std::size_t(replications);
      const std::vector<Share> shares = make_shares(context, device, each, replications);
      Stream ours(context, device, ours_path, shares, each, true);
      Stream theirs(context, device, theirs_path, shares, each, false);
      ours.check(), theirs.check();  // pages and threads are made
      std::vector<double> a, b, ratios;
      for (int round = 0; round < rounds; ++round) {
        const bool first = round % 2 == 0;
        if (first) a.push_back(ours.run());
        b.push_back(theirs.run());
        if (!first) a.push_back(ours.run());
        ratios.push_back(b.back() / a.back());
      }
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
