// SPDX-License-Identifier: Apache-2.0
// Launches that all take as long as is said: a quiet card, which a noisy machine does not have.
#pragma once

#include <CL/cl.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <set>

namespace lying_opencl {

/// A window is what is enqueued between two waits. Its stamps are made up: END is START plus what
/// its launches are said to take; the host waits as long, so that both clocks agree.
class Steady {
 public:
  /// A launch that takes `ns`, with its event or null.
  void launched(double ns, cl_event event);
  /// Another command with an event.
  void marked(cl_event event);
  /// The window is over: how much longer the host has to wait for it. `jitter_percent`: the window
  /// is longer or shorter by up to as much, by a generator that `seed` starts. `begin_ns` is the
  /// START of `first()`.
  std::chrono::nanoseconds finished(double jitter_percent, std::uint64_t seed, cl_ulong begin_ns);
  /// The window's first event; null where no launch is to be steady.
  cl_event first() const { return over_ ? nullptr : first_; }
  /// What the END of this event's command has to be.
  std::optional<cl_ulong> end(cl_event event) const;

 private:
  using Clock = std::chrono::steady_clock;
  void begin_anew();

  bool over_ = true;
  double ns_ = 0;
  Clock::time_point began_ = {};
  cl_event first_ = nullptr;
  cl_ulong end_ns_ = 0;
  std::set<cl_event> events_;
  std::optional<std::mt19937_64> random_;
};

}  // namespace lying_opencl
