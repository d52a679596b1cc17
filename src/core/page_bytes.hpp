// SPDX-License-Identifier: Apache-2.0
// Host memory that begins at a page: runtimes of FPGA cards copy from and to it by DMA alone.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace cardwise {

/// For std::vector: memory at multiples of 4096 bytes (Intel's runtime wants 64, XRT 4096).
template <class T>
struct PageAllocator {
  using value_type = T;
  static constexpr std::align_val_t page{4096};

  PageAllocator() = default;
  template <class Other>
  // NOLINTNEXTLINE(google-explicit-constructor): as the standard wants it
  PageAllocator(const PageAllocator<Other>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), page)); }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, page); }
  bool operator==(const PageAllocator&) const = default;
};

using PageBytes = std::vector<std::byte, PageAllocator<std::byte>>;

}  // namespace cardwise
