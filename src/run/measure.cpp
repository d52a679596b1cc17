// SPDX-License-Identifier: Apache-2.0
// The Case's measuring half: how one window is taken, by the device's clock or the host's.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "run/case_state.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;
static_assert(Clock::is_steady);

std::int64_t ns_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count();
}

long involuntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

/// Two marks around the launches; the host's window is the second opinion.
Sample device_window(CaseState& s, const Case::Launch& launch, std::uint64_t launches) {
  Queue& queue = s.queue();
  const Clock::time_point t0 = Clock::now();
  const std::unique_ptr<Event> start = queue.mark();
  queue.expect_commands(launches);
  for (std::uint64_t j = 0; j < launches; ++j) launch(queue, s.launched++);
  const std::unique_ptr<Event> end = queue.mark();
  queue.wait();
  const Clock::time_point t1 = Clock::now();
  // Below zero would read as "no sample"; a device that says so has a bad timer.
  return {.ns = std::max<std::int64_t>(0, s.device().elapsed_ns(*start, *end)),
          .host_ns = ns_between(t0, t1)};
}

Sample host_window(CaseState& s, const Case::Work& work, const Case::Work& before,
                   std::uint64_t launches) {
  if (before) before(s.launched);
  const long switches = involuntary_switches();
  const Clock::time_point t0 = Clock::now();
  std::exception_ptr failed;  // a window of exchanges is finished first: the partner waits in it
  for (std::uint64_t j = 0; j < launches; ++j) {
    const std::uint64_t i = s.launched++;
    try {
      work(i);
    } catch (...) {
      if (!s.planned.communicates()) throw;
      if (!failed) failed = std::current_exception();
    }
  }
  const Clock::time_point t1 = Clock::now();
  if (failed) std::rethrow_exception(failed);
  return {.ns = ns_between(t0, t1), .preempted = involuntary_switches() != switches};
}

}  // namespace

void Case::measure(const Launch& launch) {
  state_.planned.device_clock = true;
  state_.launch = launch;
  const Sampler sampler = [&](std::uint64_t launches) {
    return device_window(state_, launch, launches);
  };
  drive(state_, &sampler);
}

void Case::measure_host(const Work& work, const Work& before) {
  state_.planned.device_clock = false;
  if (before) state_.fixed_launches = 1;
  state_.launch = [&](Queue&, std::uint64_t i) {
    if (before) before(i);
    work(i);
  };
  const Sampler sampler = [&](std::uint64_t launches) {
    return host_window(state_, work, before, launches);
  };
  drive(state_, &sampler);
}

void Case::measure_stamps(const std::function<std::int64_t(std::uint64_t)>& work) {
  state_.planned.device_clock = true;
  state_.fixed_launches = 1;
  // No host window: it would hold more than the stamps do, and is no second opinion here.
  const Sampler sampler = [&](std::uint64_t) { return Sample{.ns = work(state_.launched++)}; };
  drive(state_, &sampler);
}

}  // namespace cardwise
