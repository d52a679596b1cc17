// SPDX-License-Identifier: Apache-2.0
// Medians of rounds, the three views over ranks, loss factors, ceilings, per cent.
#include "run/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "core/stats.hpp"
#include "device/peaks.hpp"

namespace cardwise {
namespace {

/// Width of the interval that is good enough, by family (methodology §2.6).
double target_of(const std::string& family) {
  if (family == "mem" || family == "compute") return 0.005;
  if (family == "copy") return 0.01;
  if (family == "collective") return 0.05;
  return 0.03;
}

std::vector<double> valid_of(std::span<const double> values) {
  std::vector<double> valid;
  for (const double v : values)
    if (std::isfinite(v) && v > 0) valid.push_back(v);
  return valid;
}

double work_of(const CaseRow& row) {
  if (row.units == "FLOP/s") return row.flops_per_launch;
  if (row.units == "B/s") return row.traffic_per_launch;
  return unknown;
}

void summarise_cards(CaseRow& row, const std::vector<double>& cards) {
  row.card_min = quantile(cards, 0);
  row.card_q25 = quantile(cards, 0.25);
  row.card_median = median(cards);
  row.card_q75 = quantile(cards, 0.75);
  row.card_max = quantile(cards, 1);
  const double mean = std::accumulate(cards.begin(), cards.end(), 0.0) / double(cards.size());
  row.imbalance = mean / row.card_max;
  double sum = 0;
  for (const double t : cards) sum += work_of(row) / t;
  row.rate_sum = sum;
}

void summarise_sync(CaseRow& row, const PlannedCase& planned, std::size_t cards) {
  const double launches = double(planned.launches);
  std::vector<double> rounds;
  for (const std::vector<double>& windows : planned.slowest)
    if (const std::vector<double> valid = valid_of(windows); !valid.empty())
      rounds.push_back(median(valid) / launches);
  if (rounds.empty()) return;
  row.time_sync_median = median(rounds);
  if (const auto interval = median_interval(rounds)) {
    row.time_sync_lo = interval->lo;
    row.time_sync_hi = interval->hi;
    row.ci_halfwidth = (interval->hi - interval->lo) / 2 / row.time_sync_median;
    row.converged = row.ci_halfwidth <= target_of(row.family);
  }
  row.rate_sync = work_of(row) * double(cards) / row.time_sync_median;
  row.jitter = row.card_max / row.time_sync_median;
}

double cycles(const Digest& digest, double launches) {
  std::vector<double> values;
  for (std::size_t k = 0; k < digest.median_ns.size(); ++k)
    for (std::size_t r = 0; r < digest.median_ns[k].size(); ++r)
      values.push_back(digest.median_ns[k][r] / launches * 1e-3 * double(digest.sm_mhz[k][r]));
  const std::vector<double> valid = valid_of(values);
  return valid.empty() ? unknown : median(valid);
}

double theoretical_peak(const CaseRow& row, const RankRow& card) {
  if (row.family == "mem" || (row.family == "copy" && row.benchmark == "d2d"))
    return row.cache == "hot" ? unknown : card.peak_mem;
  if (row.family == "compute") return row.dtype == "f64" ? card.peak_f64 : card.peak_f32;
  if (row.family == "copy") {
    const double direction = pcie_direction_peak(card.pcie_gen_max, card.pcie_width_max);
    return row.benchmark == "both" ? 2 * direction : direction;
  }
  return unknown;
}

double measured_ceiling(const CaseRow& row, const RankRow& card) {
  if (row.family == "mem" || (row.family == "copy" && row.benchmark == "d2d"))
    return card.ceiling_mem;
  if (row.family == "compute") return row.dtype == "f64" ? card.ceiling_f64 : card.ceiling_f32;
  if (row.family == "copy" && row.benchmark == "h2d") return card.ceiling_h2d;
  if (row.family == "copy" && row.benchmark == "d2h") return card.ceiling_d2h;
  return unknown;
}

/// The ceiling that a case measures, or null.
double RankRow::*ceiling_of(const PlannedCase& planned) {
  const CaseRow& row = planned.row;
  const bool main_memory = row.cache == "dram" || row.cache == "hot";
  if (row.family == "mem" && (row.benchmark == "copy" || row.benchmark == "triad") && main_memory)
    return &RankRow::ceiling_mem;
  if (row.family == "compute" && row.benchmark == "fma_peak")
    return row.dtype == "f64" ? &RankRow::ceiling_f64 : &RankRow::ceiling_f32;
  const bool pinned =
      row.family == "copy" && planned.params.has("mem") && planned.params.text("mem") == "pinned";
  if (pinned && row.benchmark == "h2d") return &RankRow::ceiling_h2d;
  if (pinned && row.benchmark == "d2h") return &RankRow::ceiling_d2h;
  return nullptr;
}

/// "rank 1 on node7 (GPU-…) and 3 more: ", of the ranks whose clock never gave a time; else "".
std::string untimed_ranks(const Digest& digest, std::span<const RankRow> ranks) {
  const std::vector<double> cards = digest.card_medians();
  std::vector<std::size_t> untimed;
  for (std::size_t r = 0; r < cards.size(); ++r)
    if (!std::isfinite(cards[r]) && digest.bad_timers[r] > 0) untimed.push_back(r);
  if (untimed.empty()) return "";
  const std::size_t first = untimed.front();
  const std::string where =
      first < ranks.size() ? fmt::format(" on {} ({})", ranks[first].host, ranks[first].identity)
                           : "";
  const std::string more =
      untimed.size() > 1 ? fmt::format(" and {} more", untimed.size() - 1) : "";
  return fmt::format("rank {}{}{}: ", first, where, more);
}

/// Largest `bytes` or n of the cases of one benchmark: the sweep's small sizes are no ceiling.
std::int64_t extent(const PlannedCase& planned) {
  for (const char* name : {"bytes", "n"})
    if (planned.params.has(name))
      return planned.params.integer(name) * (planned.row.dtype == "f64" ? 8 : 4);
  return 0;
}

}  // namespace

void Digest::add(const GatheredVisit& visit) {
  std::vector<double> medians;
  std::vector<float> clocks;
  bad_timers.resize(visit.by_rank.size());
  for (std::size_t r = 0; r < visit.by_rank.size(); ++r) {
    const Visit& v = visit.by_rank[r];
    std::vector<double> windows;
    for (std::size_t i = 0; i < v.time_ns.size(); ++i) {
      const std::uint16_t flags = v.flags[i];
      if (flags & flag_bad_timer) ++bad_timers[r];
      if (flags & flag_invalid) continue;
      ++samples;
      if (flags & ~flag_power_cap) ++flagged;
      if (flags & (flag_hw_throttle | flag_sw_thermal)) ++throttled;
      windows.push_back(double(v.time_ns[i]));
    }
    medians.push_back(windows.empty() ? unknown : median(windows));
    clocks.push_back(v.sm_mhz);
  }
  median_ns.push_back(std::move(medians));
  sm_mhz.push_back(std::move(clocks));
}

std::vector<double> Digest::card_medians() const {
  std::vector<double> cards;
  if (median_ns.empty()) return cards;
  for (std::size_t r = 0; r < median_ns.front().size(); ++r) {
    std::vector<double> rounds;
    for (const std::vector<double>& round : median_ns) rounds.push_back(round[r]);
    const std::vector<double> valid = valid_of(rounds);
    cards.push_back(valid.empty() ? unknown : median(valid));
  }
  return cards;
}

void flag_peers(GatheredVisit& visit, std::span<const RankRow> ranks) {
  std::map<std::string, std::vector<double>> clocks;  // by model
  for (std::size_t r = 0; r < visit.by_rank.size(); ++r)
    if (std::isfinite(visit.by_rank[r].sm_mhz))
      clocks[ranks[r].device_name].push_back(double(visit.by_rank[r].sm_mhz));
  for (std::size_t r = 0; r < visit.by_rank.size(); ++r) {
    const auto model = clocks.find(ranks[r].device_name);
    if (model == clocks.end() || model->second.size() < 2) continue;
    if (double(visit.by_rank[r].sm_mhz) < 0.90 * median(model->second))
      for (std::uint16_t& flags : visit.by_rank[r].flags) flags |= flag_clock_low;
  }
}

void summarise(PlannedCase& planned, const Digest& digest, std::span<const RankRow> ranks) {
  CaseRow& row = planned.row;
  const double launches = double(planned.launches);
  row.launches_per_sample = std::int32_t(planned.launches);
  row.rounds = std::int32_t(digest.median_ns.size());
  row.samples = row.rounds * planned.block();
  if (row.status != "ok" && row.status != "partial") return;
  if (digest.samples > 0) {
    row.flagged_frac = double(digest.flagged) / double(digest.samples);
    row.throttled_frac = double(digest.throttled) / double(digest.samples);
  }
  std::vector<double> cards = valid_of(digest.card_medians());
  const std::string untimed = untimed_ranks(digest, ranks);
  if (cards.empty() || !untimed.empty()) {
    row.status = "failed";
    row.status_text =
        untimed + "no valid sample: the device's clock gave only zero, equal or reversed stamps";
    return;
  }
  for (double& t : cards) t *= 1e-9 / launches;
  row.verified = row.status == "ok";
  row.cycles_median = cycles(digest, launches);
  summarise_cards(row, cards);
  summarise_sync(row, planned, cards.size());
}

void set_ceilings(std::span<const PlannedCase> cases, std::span<const Digest> digests,
                  std::span<RankRow> ranks) {
  std::map<std::string, std::int64_t> largest;
  for (const PlannedCase& planned : cases) {
    std::int64_t& extent_of =
        largest[planned.row.family + planned.row.benchmark + planned.row.dtype];
    extent_of = std::max(extent_of, extent(planned));
  }
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const PlannedCase& planned = cases[c];
    double RankRow::*const ceiling = ceiling_of(planned);
    const std::string key = planned.row.family + planned.row.benchmark + planned.row.dtype;
    if (ceiling == nullptr || extent(planned) != largest[key]) continue;
    if (planned.row.status != "ok" && planned.row.status != "partial") continue;
    const std::vector<double> cards = digests[c].card_medians();
    for (std::size_t r = 0; r < cards.size(); ++r) {
      const double rate = work_of(planned.row) / (cards[r] * 1e-9 / double(planned.launches));
      const bool gpu = ranks[r].device_class == "gpu";
      if (gpu && planned.row.family == "mem" && planned.row.cache != "dram") continue;
      if (std::isfinite(rate) && !(ranks[r].*ceiling >= rate)) ranks[r].*ceiling = rate;
    }
  }
}

void set_percentages(PlannedCase& planned, const Digest& digest, std::span<const RankRow> ranks) {
  CaseRow& row = planned.row;
  if (row.status != "ok" && row.status != "partial") return;
  const std::vector<double> cards = digest.card_medians();
  std::vector<double> theoretical, ceilings;
  for (std::size_t r = 0; r < cards.size(); ++r) {
    const double rate = work_of(row) / (cards[r] * 1e-9 / double(planned.launches));
    theoretical.push_back(100 * rate / theoretical_peak(row, ranks[r]));
    ceilings.push_back(100 * rate / measured_ceiling(row, ranks[r]));
  }
  const std::vector<double> a = valid_of(theoretical), b = valid_of(ceilings);
  row.pct_theoretical = a.empty() ? unknown : median(a);
  row.pct_ceiling = b.empty() ? unknown : median(b);
  if (row.status == "ok" && row.pct_theoretical > 102) {
    row.status = "implausible";
    row.status_text = fmt::format(
        "{:.0f} % of the theoretical peak ({}): work model, cache hit or "
        "table is wrong",
        row.pct_theoretical, ranks[0].peak_source);
  }
}

Slowest slowest_card(const Digest& digest) {
  const std::vector<double> cards = digest.card_medians();
  const std::vector<double> valid = valid_of(cards);
  if (valid.size() < 2) return {};
  const double middle = median(valid);
  Slowest slowest;
  double longest = 0;
  for (std::size_t r = 0; r < cards.size(); ++r)
    if (cards[r] > longest) {
      longest = cards[r];
      slowest = {int(r), cards[r] / middle - 1};
    }
  return slowest;
}

}  // namespace cardwise
