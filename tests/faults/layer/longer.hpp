// SPDX-License-Identifier: Apache-2.0
// Launches that take longer: the host waits longer for a window of them, and the stamps say so too.
#pragma once

#include <CL/cl.h>

#include <chrono>
#include <set>

namespace lying_opencl {

/// A window is what is enqueued between two waits. One sleep a window: to wait for each launch
/// would change what is timed, and takes milliseconds on a busy machine.
class Longer {
 public:
  /// A launch, to be longer by `percent` (0: not), with its event or null.
  void launched(double percent, cl_event event);
  /// Another command with an event.
  void marked(cl_event event);
  /// How much longer the window that is now over has to take.
  std::chrono::nanoseconds finished();
  /// What the END of this event's command comes later.
  cl_ulong later(cl_event event) const;

 private:
  using Clock = std::chrono::steady_clock;
  void begin_anew();

  bool over_ = true, launched_ = false;
  double percent_ = 0;
  Clock::time_point first_ = {};
  cl_ulong extra_ns_ = 0;
  std::set<cl_event> late_;  ///< of the launches, and what came after the first of them
};

}  // namespace lying_opencl
