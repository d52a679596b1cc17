// SPDX-License-Identifier: Apache-2.0
// api/phases: open, compile (cold, warm), allocate, first launch, launch, release; each by itself.
#include <memory>
#include <string>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

constexpr std::uint64_t n = 1 << 20;

std::vector<Params> phases_of(const Sizes& sizes) {
  std::vector<Params> cases;
  if (sizes.at_least(1))
    for (const char* phase : {"open", "compile_cold", "compile_warm", "allocate", "first_launch",
                              "launch", "release"})
      cases.push_back({{"phase", phase}});
  return cases;
}

/// A define that no cache has seen: from the clock, and counted.
Defines never_seen(Case& c, std::uint64_t i) {
  return {{"REAL", "float"}, {"WIDTH", "1"}, {"GROUP", "64"},
          {"CARDWISE_COLD_" + std::to_string(c.unique() + i), "1"}};
}

void phases(Case& c) {
  const std::string phase = c.text("phase");
  Device& device = c.device();
  const KernelSource source = portable_kernel("fill");
  const Defines known{{"REAL", "float"}, {"WIDTH", "1"}, {"GROUP", "64"}};
  const Grid grid{{n, 1, 1}, {64, 1, 1}};
  std::unique_ptr<Buffer> buffer;
  std::unique_ptr<Kernel> kernel;
  Buffer& out = c.output(n);
  const auto launch = [&](Kernel& k) {
    c.queue().launch(k, grid, {n, 0.5f, out});
    c.queue().wait();
  };
  c.expect_if(phase == "first_launch" || phase == "launch", out,
              [](std::uint64_t) { return 0.5; });

  if (phase == "open") {
    c.measure_stamps([&](std::uint64_t) { return c.open_ns(); });
  } else if (phase == "compile_cold") {
    c.measure_host([&](std::uint64_t i) { kernel = device.load(source, "cw_fill", never_seen(c, i)); },
                   [&](std::uint64_t) { kernel.reset(); });
  } else if (phase == "compile_warm") {
    c.measure_host([&](std::uint64_t) { kernel = device.load(source, "cw_fill", known); },
                   [&](std::uint64_t) { kernel.reset(); });
  } else if (phase == "allocate") {
    c.measure_host([&](std::uint64_t) { buffer = device.allocate(n * 4, Memory::device); },
                   [&](std::uint64_t) { buffer.reset(); });
  } else if (phase == "release") {
    c.measure_host([&](std::uint64_t) { buffer.reset(); },
                   [&](std::uint64_t) { buffer = device.allocate(n * 4, Memory::device); });
  } else if (phase == "first_launch") {
    c.measure_host([&](std::uint64_t) { launch(*kernel); },
                   [&](std::uint64_t i) { kernel = device.load(source, "cw_fill", never_seen(c, i)); });
  } else {
    kernel = device.load(source, "cw_fill", known);
    c.launches_per_sample(1);
    c.measure_host([&](std::uint64_t) { launch(*kernel); });
  }
}

const Registrar r{{.family = "api", .name = "phases", .cases = phases_of, .body = phases}};

}  // namespace
}  // namespace cardwise
