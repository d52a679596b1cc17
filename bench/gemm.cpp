// SPDX-License-Identifier: Apache-2.0
// compute/gemm: C <- A*B, square, through local memory and registers; timed on random data.
#include <string>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

struct Tiles {
  std::uint64_t m, n, k, item_m, item_n, width, resident;
};

/// The table of kernels/gemm.cl.
Tiles tiles_of(DeviceClass c, bool f32) {
  switch (c) {
    case DeviceClass::gpu:
      return f32 ? Tiles{128, 128, 16, 8, 8, 4, 1} : Tiles{128, 128, 8, 8, 8, 2, 1};
    case DeviceClass::cpu:
      return {4, 16, 8, 4, 16, f32 ? 4u : 2u, 1};
    case DeviceClass::fpga:
    case DeviceClass::emulated:
      break;
  }
  return {8, 8, 4, 2, 2, 1, 1};
}

std::vector<Params> sizes_of(const Sizes& sizes) {
  const auto square = [](const char* dtype, std::uint64_t n) {
    return Params{{"dtype", dtype}, {"m", n}, {"n", n}, {"k", n}, {"data", "uniform"}};
  };
  const std::uint64_t main = sizes.gemm_n();
  std::vector<Params> cases{square("f32", main)};
  if (sizes.at_least(1)) {
    cases.push_back(square("f32", main / 2));
    cases.push_back(square("f64", main));
  }
  if (sizes.at_least(2))
    for (std::uint64_t n = sizes.is_gpu() ? 1024 : 64; n <= 2 * main; n *= 2)
      if (n != main && n != main / 2) cases.push_back(square("f32", n));
  return cases;
}

void gemm(Case& c) {
  const std::uint64_t m = c.size("m"), n = c.size("n"), k = c.size("k");
  const Tiles t = tiles_of(c.device().info().device_class, c.is_f32());
  Buffer& a = c.input(m * k, Data::uniform);
  Buffer& b = c.input(k * n, Data::uniform);
  Buffer& product = c.output(m * n);
  Defines defines{{"WIDTH", std::to_string(t.width)},      {"TILE_M", std::to_string(t.m)},
                  {"TILE_N", std::to_string(t.n)},         {"TILE_K", std::to_string(t.k)},
                  {"ITEM_M", std::to_string(t.item_m)},    {"ITEM_N", std::to_string(t.item_n)},
                  {"RESIDENT", std::to_string(t.resident)}};
  if (m % t.m != 0 || n % t.n != 0 || k % t.k != 0) defines.emplace_back("TAIL", "1");
  Kernel& kernel = c.kernel_with("gemm", defines);
  const std::uint64_t group_x = t.n / t.item_n, group_y = t.m / t.item_m;
  const Grid grid{{(n + t.n - 1) / t.n * group_x, (m + t.m - 1) / t.m * group_y, 1},
                  {group_x, group_y, 1}};
  c.moves(double(m * k + k * n + m * n) * double(c.element_bytes()));
  c.computes(2.0 * double(m) * double(n) * double(k));
  c.expect_product(product, a, b, m, n, k);
  c.measure([&](Queue& q, std::uint64_t) { q.launch(kernel, grid, {m, n, k, a, b, product}); });
}

const Registrar r{{.family = "compute", .name = "gemm", .cases = sizes_of, .body = gemm}};

}  // namespace
}  // namespace cardwise
