// SPDX-License-Identifier: Apache-2.0
// Memory of a card and page-locked host memory.
#include "device/cuda/memory.hpp"

#include <fmt/format.h>

#include <typeinfo>
#include <utility>

namespace cardwise {

CudaBuffer::CudaBuffer(std::shared_ptr<Context> context, std::size_t bytes, Memory memory)
    : context_(std::move(context)), bytes_(bytes) {
  const Driver& api = context_->driver();
  if (memory == Memory::device) {
    context_->check_bytes(api.mem_alloc(&address_, bytes), "cuMemAlloc", bytes);
    return;
  }
  void* host = nullptr;
  // Portable: page-locked for every card, not only for the one whose context is current.
  context_->check_bytes(api.mem_host_alloc(&host, bytes, CU_MEMHOSTALLOC_PORTABLE),
                        "cuMemHostAlloc", bytes);
  host_ = static_cast<std::byte*>(host);
  address_ = reinterpret_cast<CUdeviceptr>(host);
}

CudaBuffer::~CudaBuffer() {
  const Driver& api = context_->driver();
  try {
    context_->enter();
  } catch (const Error& error) {
    context_->complain_about(CUDA_ERROR_INVALID_CONTEXT, error.what());
    return;
  }
  if (pinned()) {
    context_->complain_about(api.mem_free_host(host_), "cuMemFreeHost");
  } else {
    context_->complain_about(api.mem_free(address_), "cuMemFree");
  }
}

void CudaBuffer::out_of_range(std::size_t offset, std::size_t bytes) const {
  throw Error(fmt::format("{} bytes at {} of a buffer of {} bytes on {}", bytes, offset, bytes_,
                          context_->card()));
}

CudaBuffer& cuda_buffer(Buffer& buffer) {
  if (typeid(buffer) != typeid(CudaBuffer)) throw Error("a buffer that CUDA did not allocate");
  return static_cast<CudaBuffer&>(buffer);
}

}  // namespace cardwise
