// SPDX-License-Identifier: Apache-2.0
// A CUDA stream as a Queue, and the marks in it.
#pragma once

#include <memory>

#include "device/cuda/context.hpp"
#include "device/device.hpp"

namespace cardwise {

/// A timing-enabled event, recorded in the stream of the work.
class CudaEvent final : public Event {
 public:
  CudaEvent(std::shared_ptr<Context> context, CUstream stream);
  ~CudaEvent() override;
  CudaEvent(const CudaEvent&) = delete;
  CudaEvent& operator=(const CudaEvent&) = delete;
  CUevent event() const { return event_; }

 private:
  std::shared_ptr<Context> context_;
  CUevent event_;
};

/// One stream of its own (it does not wait for the default stream).
class CudaQueue final : public Queue {
 public:
  explicit CudaQueue(std::shared_ptr<Context> context);
  ~CudaQueue() override;
  CudaQueue(const CudaQueue&) = delete;
  CudaQueue& operator=(const CudaQueue&) = delete;

  void launch(Kernel& kernel, const Grid& grid, std::initializer_list<Arg> args) override;
  void write(Buffer& to, std::span<const std::byte> from, std::size_t offset) override;
  void read(std::span<std::byte> to, Buffer& from, std::size_t offset) override;
  void copy(Buffer& to, Buffer& from, std::size_t bytes) override;
  void fill(Buffer& to, std::uint8_t value, std::size_t offset, std::size_t bytes) override;
  std::unique_ptr<Event> mark() override;
  /// Nothing to do: the driver submits on its own.
  void flush() override {}
  void wait() override;

 private:
  std::shared_ptr<Context> context_;
  CUstream stream_ = nullptr;
};

/// Device time between two complete marks. Throws Error("bad timer …") where it is not positive.
std::int64_t cuda_elapsed_ns(const Context& context, const Event& start, const Event& end);

}  // namespace cardwise
