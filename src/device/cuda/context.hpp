// SPDX-License-Identifier: Apache-2.0
// A card's primary context, kept alive by everything that was made in it.
#pragma once

#include <cuda.h>

#include <string>
#include <vector>

#include "device/cuda/driver.hpp"
#include "device/device.hpp"

namespace cardwise {

/// The retained primary context of one card, and its spare events. Buffers, queues, events and
/// modules share it, so that it is released after the last of them, in whatever order they go.
class Context {
 public:
  /// Throws Error where the card is in use by another program (exclusive mode), or where the
  /// context was made with another way of waiting.
  Context(CUdevice device, std::string card, WaitMode wait);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// Makes the context the thread's current one.
  void enter() const;

  /// The same for calls in the hot path: asks the driver only if this thread last used another
  /// context of ours.
  void enter_fast() const {
    if (last_entered_ != context_) enter();
  }

  /// A timing event, from the spare ones if there is one: cuEventCreate costs microseconds that
  /// would lie between the marks.
  CUevent take_event();
  void give_back(CUevent event) noexcept;

  /// "NVIDIA H100 80GB HBM3 (GPU-3f…)": the object of every error text.
  const std::string& card() const { return card_; }

  /// Throws Error("<doing> on <card>: <code's name>") unless the code is CUDA_SUCCESS.
  void check(CUresult code, const char* doing) const {
    if (code != CUDA_SUCCESS) [[unlikely]] fail_on_card(code, doing, "");
  }
  /// The same, saying how much: "cuMemAlloc 4.0 GiB on …".
  void check_bytes(CUresult code, const char* doing, std::size_t bytes) const {
    if (code != CUDA_SUCCESS) [[unlikely]] fail_with_size(code, doing, bytes);
  }
  /// The same, saying of what: "cuLaunchKernel cw_saxpy on …".
  void check_named(CUresult code, const char* doing, const std::string& what) const {
    if (code != CUDA_SUCCESS) [[unlikely]] fail_on_card(code, doing, " " + what);
  }
  /// For destructors: says it on stderr, of a lost card once only (then every call fails).
  void complain_about(CUresult code, const char* doing) const noexcept;

  const Driver& driver() const { return driver_; }

 private:
  [[noreturn]] void fail_on_card(CUresult code, const char* doing, const std::string& what) const;
  [[noreturn]] void fail_with_size(CUresult code, const char* doing, std::size_t bytes) const;

  // The context that enter() last set on this thread: our knowledge of the driver's own
  // thread-local, so that a launch needs no call to ask for it.
  static thread_local CUcontext last_entered_;

  const Driver& driver_;
  CUdevice device_;
  std::string card_;
  CUcontext context_ = nullptr;
  std::vector<CUevent> spare_events_;
  mutable bool loss_reported_ = false;
};

}  // namespace cardwise
