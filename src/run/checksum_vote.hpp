// SPDX-License-Identifier: Apache-2.0
// Silent corruption: which card's result differs from those of its like? Rank 0 only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/record.hpp"
#include "run/rounds.hpp"

namespace cardwise {

/// Checksums of one case's results over all cards and rounds. The data are the same everywhere, so
/// cards of one model and driver must agree to the bit, also where a tolerance lets a low bit pass
/// (a product). Every card's own rounds count too: one card alone can contradict itself.
class ChecksumVote {
 public:
  /// 0 stands for a result that is not deterministic, and does not vote.
  void add(const GatheredVisit& visit, std::span<const RankRow> ranks);

  struct Verdict {
    /// Ranks whose results are in the minority; empty where nobody has more than half.
    std::vector<std::int32_t> culprits;
    std::string text;  ///< a sentence
  };
  /// Nothing where all agree.
  std::optional<Verdict> verdict(std::span<const RankRow> ranks) const;

 private:
  /// Those who hold one value.
  struct Holders {
    std::uint64_t visits = 0;
    std::map<std::int32_t, std::uint32_t> by_rank;  ///< visits of each; the first `most_named`
  };
  using Values = std::map<std::uint64_t, Holders>;
  std::map<std::string, Values> groups_;  ///< by model and driver
};

}  // namespace cardwise
