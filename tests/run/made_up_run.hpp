// SPDX-License-Identifier: Apache-2.0
// A run on one rank with a FakeDevice, and benchmarks small enough to check by eye.
#pragma once

#include <string>
#include <utility>

#include "core/error.hpp"
#include "device/fault_device.hpp"
#include "doubles/fake_kernels.hpp"
#include "run/context.hpp"
#include "run/plan.hpp"
#include "run/rounds.hpp"
#include "run/run_loop.hpp"
#include "run/verify.hpp"
#include "run/visit.hpp"

namespace cardwise::test {

/// The communicator that main() made.
const Comm& world();

inline void saxpy_body(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& x = c.input(n);
  Buffer& y = c.input(n);
  Kernel& kernel = c.kernel("saxpy", n);
  c.moves(3.0 * double(n * c.element_bytes()));
  c.expect_after(
      2, y, [x0 = c.initial(x), y0 = c.initial(y)](std::uint64_t i) { return 3 * x0(i) + y0(i); });
  c.measure([&](Queue& q, std::uint64_t i) {
    q.launch(kernel, c.cover(n), {n, c.real(i % 2 ? -3 : 3), x, y});
  });
}

inline void vector_add_body(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& a = c.input(n);
  Buffer& b = c.input(n);
  Buffer& sum = c.output(n);
  Kernel& kernel = c.kernel("vector_add", n);
  c.expect(sum, [a0 = c.initial(a), b0 = c.initial(b)](std::uint64_t i) { return a0(i) + b0(i); });
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, c.cover(n), {n, a, b, sum}); });
}

inline void gemm_body(Case& c) {
  const std::uint64_t n = c.size("n");
  Buffer& a = c.input(n * n, Data::uniform);
  Buffer& b = c.input(n * n, Data::uniform);
  Buffer& product = c.output(n * n);
  Kernel& kernel = c.kernel("gemm", n * n);
  c.expect_product(product, a, b, n, n, n);
  c.measure([&](Queue& q, std::uint64_t) {
    q.launch(kernel, c.cover(n * n), {n, n, n, a, b, product});
  });
}

inline void counter_body(Case& c) {
  Buffer& counter = c.zeros(8);
  c.expect_launch_count(counter);
  Kernel& kernel = c.kernel("counter", 64);
  c.measure_host([&](std::uint64_t) {
    c.queue().launch(kernel, {{64, 1, 1}, {64, 1, 1}}, {counter});
    c.queue().wait();
  });
}

inline const Benchmark saxpy{.family = "mem", .name = "saxpy", .cases = {}, .body = saxpy_body};
inline const Benchmark vector_add{
    .family = "mem", .name = "vector_add", .cases = {}, .body = vector_add_body};
inline const Benchmark gemm{.family = "compute", .name = "gemm", .cases = {}, .body = gemm_body};

/// A case with n elements, blocks of 4 samples.
inline PlannedCase planned(const Benchmark& benchmark, std::uint64_t n,
                           const std::string& dtype = "f32") {
  PlannedCase p;
  p.benchmark = &benchmark;
  p.params.set("dtype", dtype);
  p.params.set("n", n);
  p.backend = "opencl";
  p.row.family = benchmark.family;
  p.row.benchmark = benchmark.name;
  p.row.backend = p.backend;
  p.row.dtype = dtype;
  p.row.units = "B/s";
  p.row.case_key = case_key(benchmark.family, benchmark.name, p.params);
  p.facts.block = 4;
  return p;
}

/// Everything that a visit needs; `faults` as in CARDWISE_FAULT.
class MadeUpRun {
 public:
  explicit MadeUpRun(const std::string& faults = "") { open(faults); }

  void open(const std::string& faults) {
    OpenDevice device;
    device.device = std::make_unique<FakeDevice>(card);
    if (!faults.empty())
      device.device = with_planted_faults(std::move(device.device), 0, parse_faults(faults));
    device.queue = device.device->queue();
    run.devices.clear();
    run.devices.emplace("opencl", std::move(device));
  }

  std::optional<Visit> visit(PlannedCase& p, int round = 0) {
    return cardwise::visit(run, p, 0, round);
  }

  FakeCard card = fake_card();
  Watchdog watchdog{{.rank = 0, .host = "here"}, 0, [] {}, [](const std::string&) {}};
  RunLoop loop{""};
  References references;
  RunContext run{.comm = world(),
                 .watchdog = watchdog,
                 .loop = loop,
                 .references = references,
                 .limits = {.device_window = 64e-6,
                            .host_window = 64e-6,
                            .warm_up_min = 0,
                            .warm_up_max = 0.05,
                            .warm_up_later = 0.01},
                 .host = "here",
                 .card = "card7",
                 .threads = 2};
};

}  // namespace cardwise::test
