// SPDX-License-Identifier: Apache-2.0
// One visit in the order of a case's ranks, as the columns that the file stores.
#include "results/visit_table.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/stats.hpp"

namespace cardwise {

double median_of_valid(const Visit& visit) {
  std::vector<double> windows;
  windows.reserve(visit.time_ns.size());
  for (std::size_t s = 0; s < visit.time_ns.size(); ++s)
    if (!(visit.flags[s] & flag_invalid))
      windows.push_back(static_cast<double>(visit.time_ns[s]));
  return median(windows);
}

VisitTable::VisitTable(const VisitRows& visit, const std::vector<std::int32_t>& ranks)
    : by_rank_(ranks.size(), nullptr) {
  if (visit.ranks.size() != visit.by_rank.size())
    throw Error(fmt::format("visit of case {}: {} ranks but {} rows", visit.case_index,
                            visit.ranks.size(), visit.by_rank.size()));
  for (std::size_t i = 0; i < visit.ranks.size(); ++i) {
    const auto place = std::lower_bound(ranks.begin(), ranks.end(), visit.ranks[i]);
    if (place == ranks.end() || *place != visit.ranks[i])
      throw Error(fmt::format("visit of case {}: rank {} is not one of the case's {} ranks",
                              visit.case_index, visit.ranks[i], ranks.size()));
    if (visit.by_rank[i].flags.size() != visit.by_rank[i].time_ns.size())
      throw Error(fmt::format("visit of case {}: rank {} has {} samples but {} flags",
                              visit.case_index, visit.ranks[i], visit.by_rank[i].time_ns.size(),
                              visit.by_rank[i].flags.size()));
    by_rank_[static_cast<std::size_t>(place - ranks.begin())] = &visit.by_rank[i];
    block_ = std::max(block_, visit.by_rank[i].time_ns.size());
  }
}

const Visit& VisitTable::first() const {
  static const Visit none;
  for (const Visit* visit : by_rank_)
    if (visit) return *visit;
  return none;
}

}  // namespace cardwise
