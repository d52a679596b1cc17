// SPDX-License-Identifier: Apache-2.0
// Memory of a card and page-locked host memory, as CUDA sees them.
#pragma once

#include <memory>

#include "device/cuda/context.hpp"
#include "device/device.hpp"

namespace cardwise {

/// Both kinds have an address in the one address space that card and host share.
class CudaBuffer final : public Buffer {
 public:
  /// Throws Error naming size and card when there is not enough memory.
  CudaBuffer(std::shared_ptr<Context> context, std::size_t bytes, Memory memory);
  ~CudaBuffer() override;
  CudaBuffer(const CudaBuffer&) = delete;
  CudaBuffer& operator=(const CudaBuffer&) = delete;

  std::size_t bytes() const override { return bytes_; }
  std::byte* host() override { return host_; }

  /// Of the byte at `offset`. Throws Error where offset + bytes ends behind the buffer.
  CUdeviceptr at(std::size_t offset, std::size_t bytes) const {
    if (offset > bytes_ || bytes > bytes_ - offset) [[unlikely]] out_of_range(offset, bytes);
    return address_ + offset;
  }
  /// Where the address is kept: what cuLaunchKernel wants of a pointer argument.
  void* address_place() { return &address_; }
  bool pinned() const { return host_ != nullptr; }

 private:
  [[noreturn]] void out_of_range(std::size_t offset, std::size_t bytes) const;

  std::shared_ptr<Context> context_;
  std::size_t bytes_;
  CUdeviceptr address_ = 0;
  std::byte* host_ = nullptr;
};

/// The buffer as one of ours; throws Error if another backend made it.
CudaBuffer& cuda_buffer(Buffer& buffer);

}  // namespace cardwise
