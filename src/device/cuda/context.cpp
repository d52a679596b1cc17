// SPDX-License-Identifier: Apache-2.0
// A card's primary context.
#include "device/cuda/context.hpp"

#include <utility>

#include "core/size_text.hpp"

namespace cardwise {
namespace {

unsigned schedule_flag(WaitMode wait) {
  switch (wait) {
    case WaitMode::spin: return CU_CTX_SCHED_SPIN;
    case WaitMode::yield: return CU_CTX_SCHED_YIELD;
    case WaitMode::block: return CU_CTX_SCHED_BLOCKING_SYNC;
  }
  return CU_CTX_SCHED_SPIN;
}

// Two marks for each of a few windows in flight.
constexpr std::size_t spare_events_at_open = 8;

}  // namespace

thread_local CUcontext Context::last_entered_ = nullptr;

Context::Context(CUdevice device, std::string card, WaitMode wait)
    : driver_(cardwise::driver()), device_(device), card_(std::move(card)) {
  check(driver_.device_primary_ctx_set_flags(device_, schedule_flag(wait)),
        "cuDevicePrimaryCtxSetFlags");
  check(driver_.device_primary_ctx_retain(&context_, device_), "cuDevicePrimaryCtxRetain");
  try {
    enter();
    spare_events_.reserve(64);
    for (std::size_t i = 0; i < spare_events_at_open; ++i) {
      CUevent event = nullptr;
      check(driver_.event_create(&event, CU_EVENT_DEFAULT), "cuEventCreate");
      spare_events_.push_back(event);
    }
  } catch (...) {  // no destructor runs for an object that was not made
    complain_about(driver_.device_primary_ctx_release(device_), "cuDevicePrimaryCtxRelease");
    last_entered_ = nullptr;
    throw;
  }
}

Context::~Context() {
  // A failure here has no taker: the card may be lost, and then every call says so.
  complain_about(driver_.ctx_set_current(context_), "cuCtxSetCurrent");
  for (CUevent event : spare_events_) {
    complain_about(driver_.event_destroy(event), "cuEventDestroy");
  }
  complain_about(driver_.ctx_set_current(nullptr), "cuCtxSetCurrent");
  last_entered_ = nullptr;
  complain_about(driver_.device_primary_ctx_release(device_), "cuDevicePrimaryCtxRelease");
}

void Context::enter() const {
  check(driver_.ctx_set_current(context_), "cuCtxSetCurrent");
  last_entered_ = context_;
}

CUevent Context::take_event() {
  if (!spare_events_.empty()) {
    CUevent event = spare_events_.back();
    spare_events_.pop_back();
    return event;
  }
  CUevent event = nullptr;
  check(driver_.event_create(&event, CU_EVENT_DEFAULT), "cuEventCreate");
  return event;
}

void Context::give_back(CUevent event) noexcept {
  try {
    spare_events_.push_back(event);
  } catch (...) {
    complain_about(driver_.event_destroy(event), "cuEventDestroy");
  }
}

void Context::fail_on_card(CUresult code, const char* doing, const std::string& what) const {
  fail(code, doing + what + " on " + card_);
}

void Context::fail_with_size(CUresult code, const char* doing, std::size_t bytes) const {
  fail_on_card(code, doing, " " + size_text(static_cast<double>(bytes)));
}

void Context::complain_about(CUresult code, const char* doing) const noexcept {
  if (code == CUDA_SUCCESS || (loses_device(code) && loss_reported_)) return;
  loss_reported_ = loss_reported_ || loses_device(code);
  try {
    complain(code, doing + (" on " + card_));
  } catch (...) {
    complain(code, doing);
  }
}

}  // namespace cardwise
