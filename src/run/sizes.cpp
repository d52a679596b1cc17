// SPDX-License-Identifier: Apache-2.0
// The main sizes of the standard set (methodology §2.3).
#include <algorithm>
#include <bit>

#include "run/benchmark.hpp"

namespace cardwise {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

struct ClassSizes {
  std::uint64_t array, gemm_quick, gemm, copy;
};

ClassSizes of(DeviceClass c) {
  switch (c) {
    case DeviceClass::gpu:
      return {1024 * mib, 4096, 8192, 256 * mib};
    case DeviceClass::fpga:
      return {256 * mib, 4096, 4096, 256 * mib};
    case DeviceClass::cpu:
      return {16 * mib, 256, 256, 32 * mib};
    case DeviceClass::emulated:
      break;
  }
  return {mib, 128, 128, mib};
}

/// The largest power-of-two fraction of `bytes` that `limit` allows (0: no limit), at least 4 KiB.
std::uint64_t halved(std::uint64_t bytes, std::uint64_t limit) {
  while (limit > 0 && bytes > limit && bytes > 4096) bytes /= 2;
  return bytes;
}

std::uint64_t fitted(const Sizes& sizes, std::uint64_t bytes, int arrays) {
  bytes = halved(bytes, sizes.max_bytes);
  bytes = halved(bytes, sizes.allocation_bytes);
  return halved(bytes, sizes.memory_bytes / 10 * 8 / std::uint64_t(arrays));
}

}  // namespace

std::uint64_t Sizes::array_bytes(int arrays) const {
  std::uint64_t bytes = of(device_class).array;
  // Only GPUs are grown: PoCL reported 480 MiB of cache on two cores.
  if (device_class == DeviceClass::gpu)
    while (bytes * std::uint64_t(arrays) < 4 * llc_bytes) bytes *= 2;
  return fitted(*this, bytes, arrays);
}

std::uint64_t Sizes::gemm_n() const {
  const ClassSizes main = of(device_class);
  std::uint64_t n = level == 0 ? main.gemm_quick : main.gemm;
  while (n > 16 && fitted(*this, n * n * 4, 3) < n * n * 4) n /= 2;
  return n;
}

std::uint64_t Sizes::copy_bytes() const { return fitted(*this, of(device_class).copy, 2); }

std::string Sizes::cache(int arrays, std::uint64_t bytes) const {
  return bytes * std::uint64_t(arrays) >= 4 * llc_bytes ? "dram" : "hot";
}

namespace {

/// `n`, a power of two, as `axes` factors that differ by 2 at most, the largest first.
std::vector<std::uint64_t> factors(std::uint64_t n, int axes) {
  std::vector<std::uint64_t> lengths;
  int bits = int(std::bit_width(n)) - 1;
  for (int left = axes; left > 0; --left) {
    const int share = (bits + left - 1) / left;
    lengths.push_back(std::uint64_t{1} << share);
    bits -= share;
  }
  return lengths;
}

std::vector<Params> grids(const Sizes& sizes, int axes) {
  static constexpr const char* names[] = {"nx", "ny", "nz"};
  const auto at = [&](const char* dtype, std::uint64_t width, std::uint64_t bytes) {
    Params params{{"dtype", dtype}, {"data", "grid"}, {"cache", sizes.cache(2, bytes)}};
    const std::vector<std::uint64_t> lengths = factors(bytes / width, axes);
    for (int axis = 0; axis < axes; ++axis) params.set(names[axis], lengths[std::size_t(axis)]);
    return params;
  };
  const std::uint64_t main = sizes.array_bytes(2);
  std::vector<Params> cases{at("f32", 4, main)};
  if (sizes.at_least(1)) cases.push_back(at("f64", 8, main));
  if (sizes.at_least(2))
    for (std::uint64_t n = 4096; n * 4 < main; n *= 4) cases.push_back(at("f32", 4, n * 4));
  return cases;
}

}  // namespace

std::function<std::vector<Params>(const Sizes&)> planes() {
  return [](const Sizes& sizes) { return grids(sizes, 2); };
}

std::function<std::vector<Params>(const Sizes&)> boxes() {
  return [](const Sizes& sizes) { return grids(sizes, 3); };
}

std::function<std::vector<Params>(const Sizes&)> vectors(int arrays, int f64_in, Data data) {
  return [=](const Sizes& sizes) {
    const char* const kind = data == Data::integer ? "integer" : "grid";
    const auto at = [&](const char* dtype, std::uint64_t width, std::uint64_t bytes) {
      return Params{{"dtype", dtype},
                    {"n", bytes / width},
                    {"data", kind},
                    {"cache", sizes.cache(arrays, bytes)}};
    };
    const std::uint64_t main = sizes.array_bytes(arrays);
    std::vector<Params> cases{at("f32", 4, main)};
    if (sizes.at_least(f64_in)) cases.push_back(at("f64", 8, main));
    if (sizes.at_least(2))
      for (std::uint64_t n = 4096; n * 4 < main; n *= 4) cases.push_back(at("f32", 4, n * 4));
    return cases;
  };
}

}  // namespace cardwise
