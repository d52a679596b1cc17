// SPDX-License-Identifier: Apache-2.0
// Spoils the bytes of a buffer.
#include "device/fault_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace cardwise {
namespace {

/// Reads and writes elements through memcpy: the bytes have no type.
template <class Real>
class Elements {
 public:
  explicit Elements(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / sizeof(Real); }
  Real get(std::size_t i) const {
    Real value;
    std::memcpy(&value, bytes_.data() + i * sizeof value, sizeof value);
    return value;
  }
  void set(std::size_t i, Real value) {
    std::memcpy(bytes_.data() + i * sizeof value, &value, sizeof value);
  }
  void fill(Real value) {
    for (std::size_t i = 0; i < size(); ++i) set(i, value);
  }
  /// One more, or 0 where that is the same (a NaN, a pattern's huge number).
  void raise(std::size_t i) {
    const Real more = get(i) + 1;
    set(i, std::isfinite(more) && more != get(i) ? more : Real(0));
  }
  /// Swaps the pair of different neighbours at or after the middle, else before it.
  void swap_pair() {
    const auto differ = [&](std::size_t i) {
      return std::memcmp(bytes_.data() + i * sizeof(Real), bytes_.data() + (i + 1) * sizeof(Real),
                         sizeof(Real)) != 0;
    };
    for (std::size_t step = 0; step + 1 < size(); ++step) {
      const std::size_t i = (size() / 2 + step) % (size() - 1);
      if (!differ(i)) continue;
      std::swap_ranges(bytes_.begin() + long(i * sizeof(Real)),
                       bytes_.begin() + long((i + 1) * sizeof(Real)),
                       bytes_.begin() + long((i + 1) * sizeof(Real)));
      return;
    }
  }

 private:
  std::span<std::byte> bytes_;
};

template <class Real>
void spoil_elements(std::span<std::byte> data, FaultKind kind) {
  Elements<Real> elements(data);
  if (elements.size() == 0) return;
  switch (kind) {
    case FaultKind::bit: {
      // The lowest byte of a little-endian number holds its lowest bit.
      std::byte& low = data[elements.size() / 2 * sizeof(Real)];
      low ^= std::byte{1};
      break;
    }
    case FaultKind::first:
      elements.raise(0);
      break;
    case FaultKind::last:
      elements.raise(elements.size() - 1);
      break;
    case FaultKind::swap:
      elements.swap_pair();
      break;
    case FaultKind::zero:
      elements.fill(0);
      break;
    case FaultKind::nan:
      elements.fill(std::numeric_limits<Real>::quiet_NaN());
      break;
    case FaultKind::constant:
      elements.fill(1);
      break;
    default:
      break;
  }
}

}  // namespace

void spoil(std::span<std::byte> bytes, FaultKind kind, std::size_t element_bytes, bool guarded) {
  const std::size_t data = guarded ? bytes.size() - fault_guard_bytes : bytes.size();
  if (kind == FaultKind::guard) {
    if (guarded) bytes[data + fault_guard_bytes / 2] ^= std::byte{0xFF};
    return;
  }
  if (element_bytes == 8)
    spoil_elements<double>(bytes.first(data), kind);
  else
    spoil_elements<float>(bytes.first(data), kind);
}

}  // namespace cardwise
