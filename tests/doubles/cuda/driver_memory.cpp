// SPDX-License-Identifier: Apache-2.0
// The CUDA double's driver: memory, and what moves it.
#include <algorithm>
#include <memory>

#include "state.hpp"

namespace cuda_double {

const Allocation* State::holding(const void* address, std::size_t bytes) const {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  auto next = allocations.upper_bound(at);
  if (next == allocations.begin()) return nullptr;
  const auto& [begin, allocation] = *--next;
  const std::size_t offset = at - begin;
  const bool inside = offset <= allocation.bytes && bytes <= allocation.bytes - offset;
  return inside ? &allocation : nullptr;
}

namespace {

constexpr std::size_t page = 4096;

CUresult allocate(std::size_t bytes, bool host, void** address) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  const auto total = static_cast<std::size_t>(card->identity.memory_bytes);
  if (!host && bytes > total - card->used_bytes) return CUDA_ERROR_OUT_OF_MEMORY;
  // Both kinds begin on a page, as on a real card.
  void* base = clSVMAlloc(pocl()->context, CL_MEM_READ_WRITE, bytes + page, 0);
  if (base == nullptr) return CUDA_ERROR_OUT_OF_MEMORY;
  const std::uintptr_t at = (reinterpret_cast<std::uintptr_t>(base) + page - 1) / page * page;
  state().allocations[at] = {.base = base, .bytes = bytes, .card = card, .host = host};
  if (!host) card->used_bytes += bytes;
  *address = reinterpret_cast<void*>(at);
  return CUDA_SUCCESS;
}

// Waits for the card's work first, as cuMemFree does.
CUresult release(const void* address, bool host) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  if (current_card(code) == nullptr) return code;
  const auto found = state().allocations.find(reinterpret_cast<std::uintptr_t>(address));
  if (found == state().allocations.end() || found->second.host != host) {
    return CUDA_ERROR_INVALID_VALUE;
  }
  const Allocation allocation = found->second;
  for (CUstream stream : allocation.card->streams) clFinish(stream->queue);
  if (!host) allocation.card->used_bytes -= allocation.bytes;
  state().allocations.erase(found);
  clSVMFree(pocl()->context, allocation.base);
  return CUDA_SUCCESS;
}

enum class Side { device, host, any };

bool fits(Side side, const void* address, std::size_t bytes) {
  if (side == Side::device) {
    const Allocation* allocation = state().holding(address, bytes);
    return allocation != nullptr && !allocation->host;
  }
  return address != nullptr;
}

CUresult move(void* to, Side to_side, const void* from, Side from_side, std::size_t bytes,
              CUstream stream) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  if (stream == nullptr || card->streams.count(stream) == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (!fits(to_side, to, bytes) || !fits(from_side, from, bytes)) return CUDA_ERROR_INVALID_VALUE;
  if (bytes == 0) return CUDA_SUCCESS;
  const cl_int moved =
      clEnqueueSVMMemcpy(stream->queue, CL_FALSE, to, from, bytes, 0, nullptr, nullptr);
  clFlush(stream->queue);
  return moved == CL_SUCCESS ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

void* pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

}  // namespace
}  // namespace cuda_double

using namespace cuda_double;

EXPORT CUresult cuMemGetInfo_v2(std::size_t* free_bytes, std::size_t* total) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  const Card* card = current_card(code);
  if (card == nullptr) return code;
  *total = static_cast<std::size_t>(card->identity.memory_bytes);
  *free_bytes = *total - card->used_bytes;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* address, std::size_t bytes) {
  void* place = nullptr;
  const CUresult code = allocate(bytes, false, &place);
  if (code == CUDA_SUCCESS) *address = reinterpret_cast<CUdeviceptr>(place);
  return code;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr address) { return release(pointer(address), false); }

EXPORT CUresult cuMemHostAlloc(void** address, std::size_t bytes, unsigned) {
  return allocate(bytes, true, address);
}

EXPORT CUresult cuMemFreeHost(void* address) { return release(address, true); }

EXPORT CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes,
                              CUstream stream) {
  return move(pointer(to), Side::any, pointer(from), Side::any, bytes, stream);
}

EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes,
                                     CUstream stream) {
  return move(pointer(to), Side::device, from, Side::host, bytes, stream);
}

EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes,
                                     CUstream stream) {
  return move(to, Side::host, pointer(from), Side::device, bytes, stream);
}

EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes,
                                     CUstream stream) {
  return move(pointer(to), Side::device, pointer(from), Side::device, bytes, stream);
}

EXPORT CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t bytes,
                                CUstream stream) {
  const std::lock_guard lock(state().mutex);
  CUresult code = CUDA_SUCCESS;
  Card* card = current_card(code);
  if (card == nullptr) return code;
  if (stream == nullptr || card->streams.count(stream) == 0) return CUDA_ERROR_INVALID_HANDLE;
  // Page-locked host memory is in the card's address space, too.
  if (state().holding(pointer(to), bytes) == nullptr) return CUDA_ERROR_INVALID_VALUE;
  if (bytes == 0) return CUDA_SUCCESS;
  const cl_int set =
      clEnqueueSVMMemFill(stream->queue, pointer(to), &value, 1, bytes, 0, nullptr, nullptr);
  clFlush(stream->queue);
  return set == CL_SUCCESS ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
