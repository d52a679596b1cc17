// SPDX-License-Identifier: Apache-2.0
// Whom to measure again, in which order, and for how long.
#include "run/recheck.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/pack.hpp"
#include "core/stats.hpp"
#include "run/context.hpp"
#include "run/plan.hpp"
#include "run/summary.hpp"
#include "run/visit.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_cards = 3;

/// World ranks of the most frequent model that have a time, the slowest first.
std::vector<std::int32_t> slowest_first(const std::vector<double>& medians,
                                        std::span<const RankRow> ranks) {
  std::map<std::string, std::vector<std::int32_t>> by_model;
  for (std::size_t r = 0; r < medians.size() && r < ranks.size(); ++r)
    if (!std::isnan(medians[r])) by_model[ranks[r].device_name].push_back(std::int32_t(r));
  std::vector<std::int32_t> like;
  for (auto& [model, holders] : by_model)
    if (holders.size() > like.size()) like = std::move(holders);
  std::stable_sort(like.begin(), like.end(), [&](std::int32_t a, std::int32_t b) {
    return medians[std::size_t(a)] > medians[std::size_t(b)];
  });
  return like;
}

std::string pack_orders(std::vector<RecheckOrder> orders) {
  std::stable_sort(orders.begin(), orders.end(), [](const RecheckOrder& a, const RecheckOrder& b) {
    return a.excess > b.excess;
  });
  Packer packer;
  packer.put(std::uint64_t(orders.size()));
  for (const RecheckOrder& order : orders) {
    packer.put(order.case_index);
    packer.put(order.slowest);
    packer.put(order.middling);
  }
  return packer.take();
}

std::vector<RecheckOrder> unpack_orders(const std::string& bytes) {
  Unpacker in(bytes);
  std::uint64_t count = 0;
  in.get(count);
  std::vector<RecheckOrder> orders(count);
  for (RecheckOrder& order : orders) {
    in.get(order.case_index);
    in.get(order.slowest);
    in.get(order.middling);
  }
  return orders;
}

/// Collective: rank 0's clock decides for all.
bool has_time(const Comm& comm, Clock::time_point start, double longest_s, double most_s) {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  double over[1] = {comm.root() && elapsed + longest_s > most_s ? 1.0 : 0.0};
  comm.agree(over);
  return over[0] == 0;
}

/// Collective: every rank's rows of one case, in the order of the turns, on rank 0.
std::vector<RecheckRow> gather_rows(const Comm& comm, const std::vector<RecheckRow>& mine) {
  Packer packer;
  packer.put(std::uint64_t(mine.size()));
  for (const RecheckRow& row : mine) {
    packer.put(row.rank);
    packer.put(row.mode);
    packer.put(row.window_ns);
  }
  std::vector<RecheckRow> rows;
  for (const std::string& bytes : comm.gather(packer.take())) {
    Unpacker in(bytes);
    std::uint64_t count = 0;
    in.get(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      RecheckRow& row = rows.emplace_back();
      in.get(row.rank);
      in.get(row.mode);
      in.get(row.window_ns);
    }
  }
  return rows;
}

}  // namespace

std::optional<RecheckOrder> recheck_order(std::int32_t case_index, const PlannedCase& planned,
                                          const Digest& digest, std::span<const RankRow> ranks) {
  if (!planned.active || planned.wrong || planned.launches == 0 || planned.communicates() ||
      planned.benchmark->cold)
    return {};
  const std::vector<double> medians = digest.card_medians();
  const std::vector<std::int32_t> like = slowest_first(medians, ranks);
  if (like.size() < 2) return {};
  const std::size_t count = std::min(most_cards, like.size() - 1);
  RecheckOrder order{.case_index = case_index};
  order.slowest.assign(like.begin(), like.begin() + std::ptrdiff_t(count));
  order.middling = like[std::max(count, like.size() / 2)];
  const double middle = medians[std::size_t(like[like.size() / 2])];
  order.excess = middle > 0 ? medians[std::size_t(like[0])] / middle - 1 : 0;
  return order;
}

std::vector<Rechecked> recheck(RunContext& run, std::vector<PlannedCase>& cases,
                               std::vector<RecheckOrder> orders, double most_s,
                               const std::function<void(int)>& changed) {
  const Clock::time_point start = Clock::now();
  const std::vector<RecheckOrder> agreed =
      unpack_orders(run.comm.broadcast(pack_orders(std::move(orders))));
  std::vector<Rechecked> all;
  double longest_s = 0;
  for (const RecheckOrder& order : agreed) {
    if (!has_time(run.comm, start, longest_s, most_s)) break;
    const Clock::time_point began = Clock::now();
    PlannedCase& planned = cases[std::size_t(order.case_index)];
    const auto mine = visit_again(run, planned, order);
    if (mine) {
      Rechecked found{.case_index = order.case_index, .rows = gather_rows(run.comm, *mine)};
      if (run.comm.root()) all.push_back(std::move(found));
    } else if (run.comm.root() && changed) {
      changed(order.case_index);
    }
    if (run.lost_agreed || run.stop_agreed) break;
    longest_s = std::max(longest_s, std::chrono::duration<double>(Clock::now() - began).count());
  }
  return all;
}

}  // namespace cardwise
