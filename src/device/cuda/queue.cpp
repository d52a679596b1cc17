// SPDX-License-Identifier: Apache-2.0
// A CUDA stream as a Queue, and the marks in it.
#include "device/cuda/queue.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <typeinfo>
#include <utility>

#include "device/cuda/memory.hpp"
#include "device/cuda/module.hpp"

namespace cardwise {
namespace {

constexpr std::size_t max_arguments = 32;

// Blocks and threads of one dimension.
struct Extent {
  unsigned blocks, threads;
};

// Without a group the runtime chooses: the largest power of two up to 256 that divides the size.
std::uint64_t chosen_group(std::uint64_t global) {
  std::uint64_t group = 256;
  while (global % group != 0) group /= 2;
  return group;
}

Extent extent(const CudaKernel& kernel, std::uint64_t global, std::uint64_t group) {
  if (group == 0 || global == 0 || global % group != 0 ||
      global / group > std::numeric_limits<unsigned>::max() ||
      group > std::numeric_limits<unsigned>::max()) {
    throw Error(fmt::format("launch {}: {} work-items are not whole groups of {}", kernel.entry(),
                            global, group));
  }
  return {static_cast<unsigned>(global / group), static_cast<unsigned>(group)};
}

}  // namespace

CudaEvent::CudaEvent(std::shared_ptr<Context> context, CUstream stream)
    : context_(std::move(context)), event_(context_->take_event()) {
  const CUresult code = context_->driver().event_record(event_, stream);
  if (code == CUDA_SUCCESS) [[likely]] return;
  context_->give_back(event_);
  context_->check(code, "cuEventRecord");
}

CudaEvent::~CudaEvent() { context_->give_back(event_); }

CudaQueue::CudaQueue(std::shared_ptr<Context> context) : context_(std::move(context)) {
  context_->check(context_->driver().stream_create(&stream_, CU_STREAM_NON_BLOCKING),
                  "cuStreamCreate");
}

CudaQueue::~CudaQueue() {
  try {
    context_->enter();
  } catch (const Error& error) {
    context_->complain_about(CUDA_ERROR_INVALID_CONTEXT, error.what());
    return;
  }
  context_->complain_about(context_->driver().stream_destroy(stream_), "cuStreamDestroy");
}

void CudaQueue::launch(Kernel& kernel, const Grid& grid, std::initializer_list<Arg> args) {
  CudaKernel& mine = cuda_kernel(kernel);
  if (args.size() > max_arguments) throw Error("launch " + kernel.entry() + ": too many arguments");
  std::array<void*, max_arguments> places;  // not initialised: this is the launch's own cost
  std::size_t count = 0;
  for (const Arg& arg : args) {
    // The driver copies what the pointers show before it returns.
    places[count++] = arg.buffer() != nullptr ? cuda_buffer(*arg.buffer()).address_place()
                                              : const_cast<void*>(arg.data());
  }
  const bool free_group = grid.group[0] == 0;
  const Extent x =
      extent(mine, grid.global[0], free_group ? chosen_group(grid.global[0]) : grid.group[0]);
  const Extent y = extent(mine, grid.global[1], free_group ? 1 : grid.group[1]);
  const Extent z = extent(mine, grid.global[2], free_group ? 1 : grid.group[2]);
  context_->enter_fast();
  context_->check_named(
      context_->driver().launch_kernel(mine.function(), x.blocks, y.blocks, z.blocks, x.threads,
                                       y.threads, z.threads, 0, stream_, places.data(), nullptr),
      "cuLaunchKernel", mine.entry());
}

void CudaQueue::write(Buffer& to, std::span<const std::byte> from, std::size_t offset) {
  CudaBuffer& target = cuda_buffer(to);
  const CUdeviceptr address = target.at(offset, from.size());
  if (from.empty()) return;
  context_->enter_fast();
  const Driver& api = context_->driver();
  if (target.pinned()) {
    context_->check_bytes(
        api.memcpy_async(address, reinterpret_cast<CUdeviceptr>(from.data()), from.size(), stream_),
        "cuMemcpyAsync", from.size());
  } else {
    context_->check_bytes(api.memcpy_host_to_device(address, from.data(), from.size(), stream_),
                          "cuMemcpyHtoDAsync", from.size());
  }
}

void CudaQueue::read(std::span<std::byte> to, Buffer& from, std::size_t offset) {
  CudaBuffer& source = cuda_buffer(from);
  const CUdeviceptr address = source.at(offset, to.size());
  if (to.empty()) return;
  context_->enter_fast();
  const Driver& api = context_->driver();
  if (source.pinned()) {
    context_->check_bytes(
        api.memcpy_async(reinterpret_cast<CUdeviceptr>(to.data()), address, to.size(), stream_),
        "cuMemcpyAsync", to.size());
  } else {
    context_->check_bytes(api.memcpy_device_to_host(to.data(), address, to.size(), stream_),
                          "cuMemcpyDtoHAsync", to.size());
  }
}

void CudaQueue::copy(Buffer& to, Buffer& from, std::size_t bytes) {
  CudaBuffer& target = cuda_buffer(to);
  CudaBuffer& source = cuda_buffer(from);
  const CUdeviceptr target_address = target.at(0, bytes);
  const CUdeviceptr source_address = source.at(0, bytes);
  if (bytes == 0) return;
  context_->enter_fast();
  const Driver& api = context_->driver();
  if (target.pinned() && source.pinned()) {
    context_->check_bytes(api.memcpy_async(target_address, source_address, bytes, stream_),
                          "cuMemcpyAsync", bytes);
  } else if (target.pinned()) {
    context_->check_bytes(
        api.memcpy_device_to_host(target.host(), source_address, bytes, stream_),
        "cuMemcpyDtoHAsync", bytes);
  } else if (source.pinned()) {
    context_->check_bytes(
        api.memcpy_host_to_device(target_address, source.host(), bytes, stream_),
        "cuMemcpyHtoDAsync", bytes);
  } else {
    context_->check_bytes(
        api.memcpy_device_to_device(target_address, source_address, bytes, stream_),
        "cuMemcpyDtoDAsync", bytes);
  }
}

void CudaQueue::fill(Buffer& to, std::uint8_t value, std::size_t offset, std::size_t bytes) {
  const CUdeviceptr address = cuda_buffer(to).at(offset, bytes);
  if (bytes == 0) return;
  context_->enter_fast();
  context_->check_bytes(context_->driver().memset_bytes(address, value, bytes, stream_),
                        "cuMemsetD8Async", bytes);
}

std::unique_ptr<Event> CudaQueue::mark() {
  context_->enter_fast();
  return std::make_unique<CudaEvent>(context_, stream_);
}

void CudaQueue::wait() {
  context_->enter_fast();
  context_->check(context_->driver().stream_synchronize(stream_), "cuStreamSynchronize");
}

std::int64_t cuda_elapsed_ns(const Context& context, const Event& start, const Event& end) {
  if (typeid(start) != typeid(CudaEvent) || typeid(end) != typeid(CudaEvent)) {
    throw Error("a mark that CUDA did not make");
  }
  float milliseconds = 0;
  context.check(context.driver().event_elapsed_time(
                    &milliseconds, static_cast<const CudaEvent&>(start).event(),
                    static_cast<const CudaEvent&>(end).event()),
                "cuEventElapsedTime");
  if (!(milliseconds > 0)) return 0;  // a bad timer, which the block's flags say
  return std::llround(static_cast<double>(milliseconds) * 1e6);
}

}  // namespace cardwise
