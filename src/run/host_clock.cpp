// SPDX-License-Identifier: Apache-2.0
// Measures the host's clock by itself; some thousand readings, about a millisecond.
#include "run/host_clock.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/stats.hpp"
#include "device/device.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

double ns(Clock::duration d) { return std::chrono::duration<double, std::nano>(d).count(); }

/// A queue that does nothing: what remains is the cost of our own call.
class NullQueue : public Queue {
 public:
  void launch(Kernel&, const Grid&, std::initializer_list<Arg> args) override {
    calls_ = calls_ + args.size();
  }
  void write(Buffer&, std::span<const std::byte>, std::size_t) override {}
  void read(std::span<std::byte>, Buffer&, std::size_t) override {}
  void copy(Buffer&, Buffer&, std::size_t) override {}
  void fill(Buffer&, std::uint8_t, std::size_t, std::size_t) override {}
  std::unique_ptr<Event> mark() override { return nullptr; }
  void flush() override {}
  void wait() override {}

 private:
  volatile std::size_t calls_ = 0;
};

class NullKernel : public Kernel {
 public:
  const std::string& entry() const override { return text_; }
  const std::string& binary_sha256() const override { return text_; }

 private:
  std::string text_;
};

}  // namespace

HostClock measure_host_clock() {
  HostClock result;
  double tick = 1e9;
  std::vector<double> pairs;
  for (int i = 0; i < 2000; ++i) {
    const Clock::time_point a = Clock::now();
    const Clock::time_point b = Clock::now();
    pairs.push_back(ns(b - a));
    if (b > a) tick = std::min(tick, ns(b - a));
  }
  result.mark_ns = median(pairs);
  const double period = 1e9 * double(Clock::period::num) / double(Clock::period::den);
  // Where the clock ticks finer than two calls are apart, its period is the tick.
  result.tick_ns = tick < 100 ? period : tick;

  NullQueue null_queue;
  NullKernel kernel;
  Queue& queue = null_queue;
  std::vector<double> calls;
  for (int block = 0; block < 20; ++block) {
    const Clock::time_point a = Clock::now();
    for (int i = 0; i < 200; ++i) queue.launch(kernel, Grid{}, {std::uint64_t(i), 1.0f});
    calls.push_back(ns(Clock::now() - a) / 200);
  }
  result.launch_call_ns = median(calls);
  return result;
}

}  // namespace cardwise
