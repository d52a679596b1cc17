// SPDX-License-Identifier: Apache-2.0
// The rounds (methodology §2.1).
#include "run/rounds.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "core/pack.hpp"
#include "core/stats.hpp"
#include "run/visit.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Fisher–Yates by hand: std::shuffle differs between libraries.
std::vector<std::int32_t> shuffled(std::size_t n, std::uint64_t seed) {
  std::vector<std::int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

/// Copies of an FPGA image that a case runs at once; 0: it does not say.
std::int64_t replications_of(const PlannedCase& planned) {
  return planned.params.has("replications") ? planned.params.integer("replications") : 0;
}

/// Collective: rank 0's order of this round; empty: the run ends here.
std::vector<std::int32_t> round_order(RunContext& run, const std::vector<PlannedCase>& cases,
                                      const RoundsOptions& options, int round, double elapsed_s,
                                      double last_round_s) {
  Packer packer;
  if (run.comm.root()) {
    std::vector<std::int32_t> order = shuffled(cases.size(), options.seed + std::uint64_t(round));
    // All banks of an FPGA card at once can trip its power rail: a ramp, after everything else.
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      return replications_of(cases[std::size_t(a)]) < replications_of(cases[std::size_t(b)]);
    });
    // Inside a round the budget never ends a run, and never before three rounds.
    if (options.time_budget_s && round >= 3 && elapsed_s + last_round_s > *options.time_budget_s)
      order.clear();
    packer.put(order);
  }
  const std::string bytes = run.comm.broadcast(packer.take());
  std::vector<std::int32_t> order;
  Unpacker(bytes).get(order);
  return order;
}

class Rounds {
 public:
  Rounds(RunContext& run, std::vector<PlannedCase>& cases, const RoundsOptions& options,
         const RoundsHooks& hooks)
      : run_(run), cases_(cases), options_(options), hooks_(hooks) {}

  RoundsEnd go() {
    double last_round_s = 0;
    for (int round = 0; round < options_.rounds; ++round) {
      const double before = seconds_since(start_);
      const std::vector<std::int32_t> order =
          round_order(run_, cases_, options_, round, before, last_round_s);
      if (order.empty())
        return finish(options_.until_budget ? RoundsEnd::done : RoundsEnd::time_budget, round);
      int number = 0;
      for (const std::int32_t index : order) {
        PlannedCase& planned = cases_[std::size_t(index)];
        ++number;
        if (!planned.active) continue;
        one_visit(planned, index, round, number);
        if (run_.lost_agreed) return finish(RoundsEnd::card_lost, round);
        if (run_.stop_agreed) return finish(RoundsEnd::signal, round);
        if (run_.checkpoint_agreed) checkpoint(round);
      }
      last_round_s = seconds_since(start_) - before;
    }
    return finish(RoundsEnd::done, options_.rounds);
  }

 private:
  void one_visit(PlannedCase& planned, int index, int round, int number) {
    progress(planned, round, number);
    const bool was_active = planned.active;
    std::optional<Visit> mine = visit(run_, planned, index, round);
    if (mine) {
      pending_.push_back(std::move(*mine));
      ++visits_done_;
    }
    if (run_.comm.root() && was_active && !planned.active && hooks_.changed) hooks_.changed(index);
    ++visits_tried_;
  }

  void progress(const PlannedCase& planned, int round, int number) {
    if (!run_.comm.root() || !hooks_.progress) return;
    RunProgress p{.round = round,
                  .rounds = options_.rounds,
                  .number = number,
                  .of = int(cases_.size()),
                  .case_key = planned.row.case_key,
                  .status = planned.row.status,
                  .elapsed_s = seconds_since(start_)};
    std::vector<double> medians;
    for (const std::vector<double>& windows : planned.slowest) medians.push_back(median(windows));
    if (!medians.empty() && planned.launches > 0)
      p.median_s = median(medians) / double(planned.launches);
    if (visits_tried_ > 0) {
      std::size_t left = 0;
      for (const PlannedCase& other : cases_)
        if (other.active) left += std::size_t(options_.rounds);
      left -= std::min(left, std::size_t(visits_tried_));
      p.left_s = p.elapsed_s / visits_tried_ * double(left);
    }
    hooks_.progress(p);
  }

  /// Collective: the visits since the last time, to rank 0.
  void gather() {
    const CostTimer timer(run_.costs.gather_s);
    run_.watchdog.step("", "gather");
    Packer packer;
    for (const Visit& v : pending_) pack_visit(packer, v);
    const std::size_t count = pending_.size();
    pending_.clear();
    const std::vector<std::string> all = run_.comm.gather(packer.take());
    if (!run_.comm.root()) return;

    std::vector<Unpacker> unpackers(all.begin(), all.end());
    std::vector<GatheredVisit> visits(count);
    for (GatheredVisit& gathered : visits)
      for (std::size_t r = 0; r < unpackers.size(); ++r) {
        Visit v = unpack_visit(unpackers[r]);
        gathered.case_index = v.case_index;
        gathered.round = v.round;
        gathered.ranks.push_back(std::int32_t(r));
        gathered.by_rank.push_back(std::move(v));
      }
    if (hooks_.store) hooks_.store(std::move(visits));
  }

  void checkpoint(int round) {
    run_.checkpoint_agreed = false;
    gather();
    run_.watchdog.step("", "checkpoint");
    if (run_.comm.root() && hooks_.checkpoint) hooks_.checkpoint(round, options_.rounds);
  }

  /// `rounds`: how many are over.
  RoundsEnd finish(RoundsEnd end, int rounds) {
    gather();
    const int wanted = options_.until_budget && end == RoundsEnd::done ? rounds : options_.rounds;
    for (PlannedCase& planned : cases_) {
      CaseRow& row = planned.row;
      if (!planned.active || planned.wrong) continue;  // wrong: cards were outvoted
      const auto stored = int(planned.slowest.size());
      if (stored == 0) {
        row.status = "skipped";
        row.status_text =
            std::string("the run ended before its first visit (") + name_of(end) + ")";
      } else {
        row.status = stored == wanted ? "ok" : "partial";
      }
    }
    return end;
  }

  RunContext& run_;
  std::vector<PlannedCase>& cases_;
  const RoundsOptions& options_;
  const RoundsHooks& hooks_;
  const Clock::time_point start_ = Clock::now();
  std::vector<Visit> pending_;
  int visits_done_ = 0, visits_tried_ = 0;
};

}  // namespace

const char* name_of(RoundsEnd end) {
  switch (end) {
    case RoundsEnd::done:
      return "done";
    case RoundsEnd::time_budget:
      return "time_budget";
    case RoundsEnd::signal:
      return "signal";
    case RoundsEnd::card_lost:
      return "card_lost";
  }
  return "?";
}

RoundsEnd run_rounds(RunContext& run, std::vector<PlannedCase>& cases, const RoundsOptions& options,
                     const RoundsHooks& hooks) {
  return Rounds(run, cases, options, hooks).go();
}

}  // namespace cardwise
