// SPDX-License-Identifier: Apache-2.0
// Counts checksums by value; who is outvoted is named.
#include "run/checksum_vote.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cardwise {
namespace {

/// Ranks remembered a value: all of a majority need not be known by name.
constexpr std::size_t most_named = 64;

std::string kind_of(const RankRow& card) {
  return card.device_name + ", driver " + card.driver_version;
}

std::string who(std::span<const RankRow> ranks, std::int32_t rank) {
  const RankRow& card = ranks[std::size_t(rank)];
  return fmt::format("rank {} on {} ({})", rank, card.host,
                     card.device_serial.empty() ? card.identity : "serial " + card.device_serial);
}

}  // namespace

void ChecksumVote::add(const GatheredVisit& visit, std::span<const RankRow> ranks) {
  for (std::size_t i = 0; i < visit.by_rank.size(); ++i) {
    const std::uint64_t value = visit.by_rank[i].result_checksum;
    if (value == 0) continue;
    const std::int32_t rank = visit.ranks[i];
    Holders& holders = groups_[kind_of(ranks[std::size_t(rank)])][value];
    ++holders.visits;
    const auto known = holders.by_rank.find(rank);
    if (known != holders.by_rank.end())
      ++known->second;
    else if (holders.by_rank.size() < most_named)
      holders.by_rank.emplace(rank, 1);
  }
}

std::optional<ChecksumVote::Verdict> ChecksumVote::verdict(std::span<const RankRow> ranks) const {
  Verdict verdict;
  for (const auto& [kind, values] : groups_) {
    if (values.size() < 2) continue;
    std::uint64_t all = 0;
    const Holders* most = nullptr;
    for (const auto& [value, holders] : values) {
      all += holders.visits;
      if (most == nullptr || holders.visits > most->visits) most = &holders;
    }
    const bool majority = 2 * most->visits > all;
    std::vector<std::string> named;
    for (const auto& [value, holders] : values) {
      if (majority && &holders == most) continue;
      for (const auto& [rank, visits] : holders.by_rank) {
        named.push_back(
            fmt::format("{} in {} visit{}", who(ranks, rank), visits, visits == 1 ? "" : "s"));
        if (majority) verdict.culprits.push_back(rank);
      }
    }
    if (!verdict.text.empty()) verdict.text += "; ";
    verdict.text +=
        majority ? fmt::format(
                       "{}: results differ, within the tolerance, from {} of {} visits of cards "
                       "of this kind ({})",
                       fmt::join(named, ", "), most->visits, all, kind)
                 : fmt::format(
                       "{}: the results of these cards of one kind ({}) differ, within the "
                       "tolerance; which is right cannot be told",
                       fmt::join(named, ", "), kind);
  }
  std::sort(verdict.culprits.begin(), verdict.culprits.end());
  verdict.culprits.erase(std::unique(verdict.culprits.begin(), verdict.culprits.end()),
                         verdict.culprits.end());
  if (verdict.text.empty()) return {};
  return verdict;
}

}  // namespace cardwise
