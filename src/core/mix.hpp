// SPDX-License-Identifier: Apache-2.0
// The 64-bit mixing function and the data made of it, bit for bit what kernels/data.cl makes.
#pragma once

#include <cstdint>

namespace cardwise {

/// splitmix64 of stream `seed` at `index` (Steele, Lea, Flood: OOPSLA'14). kernels/portable.h
/// holds the same function as cw_mix.
constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// What a buffer is filled with; the names stand in the case key as data=.
enum class Data {
  grid,     ///< k * 2^-11, |k| < 2^11: exact in most kernels
  integer,  ///< {-2 ... 2}
  uniform,  ///< [-1, 1), exactly representable in the element type
  pattern,  ///< 64-bit words mix(seed, index)
};

/// Element `index` of a buffer of kind `data` (not pattern); the same on host and card.
constexpr double data_value(Data data, std::uint64_t seed, std::uint64_t index, bool is_f32) {
  const std::uint64_t bits = mix(seed, index);
  switch (data) {
    case Data::grid:
      return static_cast<double>(static_cast<std::int64_t>((bits >> 32) % 4095) - 2047) / 2048.0;
    case Data::integer:
      return static_cast<double>(static_cast<std::int64_t>((bits >> 32) % 5) - 2);
    case Data::uniform:
      return is_f32 ? static_cast<double>(bits >> 40) * 0x1p-23 - 1.0
                    : static_cast<double>(bits >> 11) * 0x1p-52 - 1.0;
    case Data::pattern:
      break;
  }
  return static_cast<double>(bits);
}

}  // namespace cardwise
