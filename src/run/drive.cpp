// SPDX-License-Identifier: Apache-2.0
// One visit after its set-up: warm-up, calibration of B, one block, check. Every rank reaches every
// agreement; the only inputs of control flow are reduced values.
#include <algorithm>
#include <cmath>

#include "core/pack.hpp"
#include "core/stats.hpp"
#include "run/case_state.hpp"
#include "run/run_loop.hpp"
#include "run/sensor_flags.hpp"
#include "run/verify.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::uint64_t launches_for(double target_s, double launch_s) {
  if (launch_s <= 0) return 1;
  const double power = std::ceil(std::log2(target_s / launch_s));
  return std::uint64_t{1} << int(std::clamp(power, 0.0, 16.0));
}

/// Takes `count` windows, or as many as `limit_s` allows where no other rank waits for them.
Health take_windows(CaseState& s, const Sampler* sampler, std::uint64_t launches, int count,
                    double limit_s, std::vector<double>& seconds) {
  if (sampler == nullptr && !s.planned.barrier_each_sample()) return {};
  const Clock::time_point start = Clock::now();
  const bool in_step = s.planned.barrier_each_sample();
  Health mine;
  for (int i = 0; i < count; ++i) {
    if (in_step) s.run.comm.barrier();
    if (sampler != nullptr && (!mine.failure || in_step)) {
      Health now = attempt([&] { seconds.push_back(double((*sampler)(launches).ns) * 1e-9); });
      if (now.failure && !mine.failure) mine = std::move(now);  // communicate first, complain later
    }
    s.run.watchdog.beat();
    if (!in_step && (mine.failure || seconds_since(start) > limit_s)) break;
  }
  return mine;
}

double window_target(const CaseState& s) {
  return s.planned.device_clock ? s.run.limits.device_window : s.run.limits.host_window;
}

/// Windows in blocks of 8 until the medians of the last two differ < 1 % and the SM clock < 2 % on
/// every rank, or the time is up.
void warm_up(CaseState& s, const Sampler* sampler) {
  const Limits& limits = s.run.limits;
  const bool first = s.round == 0;
  const bool cold = s.planned.benchmark->cold;
  const double most = cold ? 0 : first ? limits.warm_up_max : limits.warm_up_later;
  const double least = cold ? 0 : first ? limits.warm_up_min : 0;
  const CostTimer timer(s.run.costs.warm_up_s);
  const Clock::time_point start = Clock::now();
  std::vector<double> windows;

  s.run.watchdog.step(s.planned.row.case_key, "warm-up");
  Health mine;
  // Whole windows where B is fixed: an exchange counts its trips in pairs.
  const std::uint64_t first_launches = std::max<std::uint64_t>(1, s.fixed_launches);
  if (!cold) mine = take_windows(s, sampler, first_launches, 3, most, windows);
  const double once = windows.empty() ? 0 : windows.back();
  const std::uint64_t launches = s.fixed_launches     ? s.fixed_launches
                                 : s.planned.launches ? s.planned.launches
                                                      : launches_for(window_target(s), once);
  double previous = 0;
  float clock = s.run.sensors->read().sm_mhz;
  bool stable = false;
  for (double elapsed = seconds_since(start); !cold;) {
    windows.clear();
    if (!mine.failure || s.planned.barrier_each_sample()) {
      Health now = take_windows(s, sampler, launches, 8, std::max(0.0, most - elapsed), windows);
      if (!mine.failure) mine = std::move(now);
    }
    const double middle = windows.empty() ? 0 : median(windows);
    const float clock_now = s.run.sensors->read().sm_mhz;
    const bool steady_clock_rate = !(std::abs(clock_now / clock - 1) >= 0.02f);  // NaN: unknown
    const bool steady = sampler == nullptr || s.fixed_launches == 0
                            ? std::abs(middle - previous) <= 0.01 * middle && steady_clock_rate
                            : true;
    previous = middle;
    clock = clock_now;
    double reduced[2] = {steady ? 0.0 : 1.0, seconds_since(start)};
    agree_or_leave(s, mine, reduced);
    elapsed = reduced[1];
    stable = reduced[0] == 0;
    if ((stable && elapsed >= least) || elapsed >= most) break;
  }
  if (cold) agree_or_leave(s, mine);
  s.visit.warmup_s = seconds_since(start);
  s.visit.warmup_stable = stable && s.fixed_launches == 0;  // with B fixed nothing was compared
}

/// B of all rounds, from the slowest rank's median single launch (methodology §2.5).
void calibrate(CaseState& s, const Sampler* sampler) {
  if (s.planned.launches != 0) return;
  s.run.watchdog.step(s.planned.row.case_key, "calibrate");
  std::vector<double> windows;
  Health mine;
  if (s.fixed_launches == 0) mine = take_windows(s, sampler, 1, 8, 0.25, windows);
  double reduced[2] = {windows.empty() ? 0 : median(windows), double(s.fixed_launches)};
  agree_or_leave(s, mine, reduced);
  s.planned.launches =
      reduced[1] > 0 ? std::uint64_t(reduced[1]) : launches_for(window_target(s), reduced[0]);
}

/// K windows of this rank; 0 s where invalid.
Health take_block(CaseState& s, const Sampler* sampler, std::vector<double>& slowest) {
  const int samples = s.planned.block();
  const bool in_step = s.planned.barrier_each_sample();
  Visit& visit = s.visit;
  visit.time_ns.assign(std::size_t(samples), 0);
  visit.flags.assign(std::size_t(samples), flag_invalid);
  std::int64_t host_sum = 0;
  Health mine;
  for (std::size_t i = 0; i < std::size_t(samples); ++i) {
    if (in_step) s.run.comm.barrier();
    if (sampler != nullptr && (!mine.failure || in_step)) {
      Health now = attempt([&] {
        const Sample sample = (*sampler)(s.planned.launches);
        host_sum = sample.host_ns < 0 || host_sum < 0 ? -1 : host_sum + sample.host_ns;
        visit.time_ns[i] = std::max<std::int64_t>(0, sample.ns);
        std::uint16_t flags = sample.preempted ? flag_preempted : 0;
        if (!s.counts || sample.ns < 0) flags |= flag_invalid;
        if (sample.ns == 0) flags |= flag_invalid | flag_bad_timer;
        visit.flags[i] = flags;
      });
      if (now.failure && !mine.failure) mine = std::move(now);
    }
    s.run.watchdog.beat();
    if (mine.failure && !in_step) break;
    slowest[i] = visit.flags[i] & flag_invalid ? 0 : double(visit.time_ns[i]) * 1e-9;
  }
  visit.host_ns = s.planned.device_clock ? host_sum : -1;
  return mine;
}

void take_samples(CaseState& s, const Sampler* sampler) {
  s.run.watchdog.step(s.planned.row.case_key, "measure");
  if (sampler != nullptr) {
    agree_or_leave(s, attempt([&] {
                     poison_outputs(s);
                     s.queue().wait();
                   }));
  } else {
    agree_or_leave(s, {});
  }
  const BlockReading before = read_sensors(s);
  s.visit.start_utc_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
  std::optional<VisitEnded> ended;
  s.run.comm.barrier();
  s.run.loop.block(s.planned.row.case_key, s.planned.block(), std::int64_t(s.planned.launches),
                   [&]() -> RunLoop::Outcome {
                     std::vector<double> slowest(std::size_t(s.planned.block()), 0.0);
                     Health mine;
                     {
                       const CostTimer timer(s.run.costs.timed_s);
                       mine = take_block(s, sampler, slowest);
                     }
                     try {
                       agree_or_leave(s, mine, slowest);
                     } catch (const VisitEnded& e) {
                       ended = e;  // not through Google Benchmark's frames
                       return {.slowest = {}, .failure = e.health.failure};
                     }
                     s.planned.slowest.push_back(slowest);
                     return {.slowest = slowest, .failure = {}};
                   });
  if (ended) throw *ended;
  flag_block(s, before, read_sensors(s));
}

void check(CaseState& s, const Sampler* sampler) {
  const CostTimer timer(s.run.costs.verify_s);
  s.run.watchdog.step(s.planned.row.case_key, "verify");
  std::optional<Finding> finding;
  Health mine;
  if (sampler != nullptr)
    mine = attempt([&] {
      if (s.open->untimed_queue) s.open->untimed_queue->wait();  // its work may still run
      even_out(s);
      finding = verify(s);
    });
  if (finding) {
    mine.failure = finding->text;
    ++s.run.verify_failures;
  } else if (mine.failure) {
    mine.failure = s.run.who() + ": " + *mine.failure;
  }
  double wrong[1] = {finding ? 1.0 : 0.0};
  const Health all = s.run.agree(wrong, mine);
  if (!all.failure && !all.device_lost) return;

  const bool is_wrong = wrong[0] > 0 && !all.device_lost;
  if (is_wrong) {
    // A failure elsewhere does not excuse wrong data: the lowest rank that has some speaks.
    const Health culprit =
        s.run.agree({}, {.failure = finding ? std::optional(finding->text) : std::nullopt});
    const std::string where = pack_wrong(finding ? finding->where : Wrong{});
    s.planned.wrong = unpack_wrong(s.run.comm.broadcast(where, culprit.failed_rank));
    throw VisitEnded{culprit, true};
  }
  throw VisitEnded{all};
}

}  // namespace

Health attempt(const std::function<void()>& work) {
  try {
    work();
  } catch (const Skip& skip) {
    return {.failure = skip.what(), .skip = true};
  } catch (const Error& error) {
    return {.failure = error.what(), .device_lost = error.device_lost};
  } catch (const std::exception& error) {
    return {.failure = error.what()};
  }
  return {};
}

void agree_on_set_up(CaseState& s, const Health& mine) {
  s.agreed_set_up = true;
  // A member without a card, which may be rank 0, learns from the others what the benchmark said.
  CaseRow& row = s.planned.row;
  const auto said = [](double value) { return std::isnan(value) ? -1.0 : value; };
  const auto heard = [](double value) { return value < 0 ? unknown : value; };
  double all[5] = {double(s.fixed_launches), said(row.bytes_per_launch),
                   said(row.traffic_per_launch), said(row.flops_per_launch),
                   s.open != nullptr && s.planned.device_clock ? 1.0 : 0.0};
  agree_or_leave(s, mine, all);
  s.fixed_launches = std::uint64_t(all[0]);
  row.bytes_per_launch = heard(all[1]);
  row.traffic_per_launch = heard(all[2]);
  row.flops_per_launch = heard(all[3]);
  s.planned.device_clock = all[4] > 0;
}

/// Bytes of the case's arrays against the last-level cache.
void note_working_set(CaseState& s) {
  std::uint64_t bytes = 0;
  for (const Allocation& a : s.allocations) {
    if (a.on_card) bytes += a.bytes;
    s.planned.row.n_bytes = std::max(s.planned.row.n_bytes, std::int64_t(a.bytes));
  }
  if (bytes > 0 && s.run.sizes.llc_bytes > 0)
    s.planned.row.ws_over_llc = double(bytes) / double(s.run.sizes.llc_bytes);
}

/// Work that still runs must not outlive the memory of the visit.
void drain(CaseState& s) {
  if (s.open == nullptr) return;
  for (const auto& queue : s.open->replica_queues) attempt([&] { queue->wait(); });
  for (Queue* queue :
       {s.open->queue.get(), s.open->second_queue.get(), s.open->untimed_queue.get()})
    if (queue != nullptr) attempt([&] { queue->wait(); });
}

void agree_or_leave(CaseState& s, const Health& mine, std::span<double> slowest) {
  Health said = mine;
  if (said.failure) said.failure = s.run.who() + ": " + *said.failure;
  const Health all = s.run.agree(slowest, said);
  if (all.failure || all.device_lost) throw VisitEnded{all};
}

void drive(CaseState& s, const Sampler* sampler) {
  s.measured = true;
  Health mine;
  if (sampler != nullptr)
    mine = attempt([&] {
      if (s.counts && !s.leaves_nothing && s.expectations.empty() && !s.product &&
          s.counter == nullptr && s.checks.empty())
        throw Error(
            "the benchmark checks nothing: it must call expect(), or its like, before "
            "measure()");
      s.queue().wait();
    });
  try {
    agree_on_set_up(s, mine);
    s.set_up_done = Clock::now();
    note_working_set(s);
    warm_up(s, sampler);
    if (s.turns != nullptr) {
      take_turns(s, sampler);
    } else {
      calibrate(s, sampler);
      take_samples(s, sampler);
    }
    check(s, sampler);
  } catch (const VisitEnded&) {
    drain(s);
    throw;
  }
}

}  // namespace cardwise
