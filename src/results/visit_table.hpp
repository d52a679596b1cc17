// SPDX-License-Identifier: Apache-2.0
// One visit in the order of a case's ranks, as the columns that the file stores.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/record.hpp"
#include "results/result_file.hpp"

namespace cardwise {

/// Median window of the samples without flag 0, ns; NaN where there is none.
double median_of_valid(const Visit& visit);

/// Ranks that have no part in the visit get what says "not measured". Refers to the visit.
class VisitTable {
 public:
  /// Throws Error for a rank that is not in `ranks` (sorted), or samples without flags.
  VisitTable(const VisitRows& visit, const std::vector<std::int32_t>& ranks);

  /// Samples of the rank that has most.
  std::size_t block() const { return block_; }

  template <class Cell, class From>
  std::vector<Cell> by_rank(Cell missing, From from) const {
    std::vector<Cell> cells;
    cells.reserve(by_rank_.size());
    for (const Visit* visit : by_rank_) cells.push_back(visit ? from(*visit) : missing);
    return cells;
  }

  /// [rank][sample], filled with `missing` where a rank has fewer samples.
  template <class Cell>
  std::vector<Cell> by_sample(Cell missing, std::vector<Cell> Visit::*member) const {
    std::vector<Cell> cells(by_rank_.size() * block_, missing);
    for (std::size_t r = 0; r < by_rank_.size(); ++r)
      if (by_rank_[r])
        std::copy((by_rank_[r]->*member).begin(), (by_rank_[r]->*member).end(),
                  cells.begin() + static_cast<std::ptrdiff_t>(r * block_));
    return cells;
  }

  /// Of the lowest rank that took part.
  const Visit& first() const;

 private:
  std::vector<const Visit*> by_rank_;
  std::size_t block_ = 0;
};

}  // namespace cardwise
