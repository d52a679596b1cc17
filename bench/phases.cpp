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
    for (const char* phase :
         {"open", "compile_cold", "compile_warm", "allocate", "first_launch", "launch", "release"})
      cases.push_back({{"phase", phase}});
  return cases;
}

const Defines known{{"REAL", "float"}, {"WIDTH", "1"}, {"GROUP", "64"}};

/// A text that no cache has seen: another kernel beside it, which holds a number of its own. A new
/// define alone is not enough (NVIDIA's OpenCL found the program by what was left of it).
struct Cold {
  Cold(Case& c, std::uint64_t i) : source(portable_kernel("fill")), defines(known) {
    const std::string number = std::to_string(c.unique() + i);
    source.text +=
        "\nKERNEL void cw_cold_" + number + "(GLOBAL u64* out) { out[0] = " + number + "ul; }\n";
    defines.emplace_back("CARDWISE_COLD", "1");  // the backend keeps no such program
  }
  KernelSource source;
  Defines defines;
};

void phases(Case& c) {
  const std::string phase = c.text("phase");
  Device& device = c.device();
  const KernelSource source = portable_kernel("fill");
  const Grid grid{{n, 1, 1}, {64, 1, 1}};
  std::unique_ptr<Buffer> buffer;
  std::unique_ptr<Kernel> kernel;
  Buffer& out = c.output(n);
  const auto load_cold = [&](std::uint64_t i) {
    const Cold cold(c, i);
    kernel = device.load(cold.source, "cw_fill", cold.defines);
  };
  const auto launch = [&](Kernel& k) {
    c.untimed_queue().launch(k, grid, {n, 0.5f, out});
    c.untimed_queue().wait();
  };
  if (phase == "first_launch" || phase == "launch")
    c.expect(out, [](std::uint64_t) { return 0.5; });
  else
    c.expect_nothing();

  if (phase == "open") {
    c.measure_stamps([&](std::uint64_t) { return c.open_ns(); });
  } else if (phase == "compile_cold") {
    c.measure_host(load_cold, [&](std::uint64_t) { kernel.reset(); });
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
    c.measure_host([&](std::uint64_t) { launch(*kernel); }, load_cold);
  } else {
    kernel = device.load(source, "cw_fill", known);
    c.launches_per_sample(1);
    c.measure_host([&](std::uint64_t) { launch(*kernel); });
  }
}

const Registrar r{{.family = "api", .name = "phases", .cases = phases_of, .body = phases, .cold = true}};

}  // namespace
}  // namespace cardwise
