// SPDX-License-Identifier: Apache-2.0
// latency/load_image: what loading a prebuilt image costs, which programs an FPGA card: once a run,
// before any case, so that it is never part of another.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

std::vector<Params> always(const Sizes&) { return {Params{}}; }

void load_image(Case& c) {
  c.expect_nothing();
  c.measure_stamps([&](std::uint64_t) { return c.image_load_ns(); });
}

const Registrar r{{.family = "latency",
                   .name = "load_image",
                   .cases = always,
                   .body = load_image,
                   .cold = true,
                   .of_images = true}};

}  // namespace
}  // namespace cardwise
