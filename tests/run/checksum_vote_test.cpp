// SPDX-License-Identifier: Apache-2.0
// Which card is outvoted, and when nobody can tell.
#include "run/checksum_vote.hpp"

#include <gtest/gtest.h>

namespace cardwise {
namespace {

constexpr std::uint64_t right = 0xA5, low_bit = 0xA4;

std::vector<RankRow> cards(int count) {
  std::vector<RankRow> rows;
  for (int r = 0; r < count; ++r) {
    RankRow& row = rows.emplace_back();
    row.host = "node" + std::to_string(r);
    row.identity = "card" + std::to_string(r);
    row.device_name = "A100";
    row.driver_version = "580";
  }
  return rows;
}

GatheredVisit visit(const std::vector<std::uint64_t>& checksums) {
  GatheredVisit gathered;
  for (std::size_t r = 0; r < checksums.size(); ++r) {
    gathered.ranks.push_back(std::int32_t(r));
    gathered.by_rank.emplace_back().result_checksum = checksums[r];
  }
  return gathered;
}

using Culprits = std::vector<std::int32_t>;

TEST(ChecksumVote, AllAgree) {
  const std::vector<RankRow> ranks = cards(3);
  ChecksumVote vote;
  vote.add(visit({right, right, right}), ranks);
  EXPECT_FALSE(vote.verdict(ranks));
}

TEST(ChecksumVote, OneOfThreeIsNamedWithHostAndCard) {
  const std::vector<RankRow> ranks = cards(3);
  ChecksumVote vote;
  vote.add(visit({right, low_bit, right}), ranks);
  const auto verdict = vote.verdict(ranks);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->culprits, Culprits{1});
  EXPECT_EQ(verdict->text.find("rank 1 on node1 (card1) in 1 visit:"), 0u) << verdict->text;
  EXPECT_EQ(verdict->text.find("rank 0"), std::string::npos) << verdict->text;
}

TEST(ChecksumVote, OfTwoThatDifferNobodyIsTheCulprit) {
  const std::vector<RankRow> ranks = cards(2);
  ChecksumVote vote;
  for (int round = 0; round < 3; ++round) vote.add(visit({right, low_bit}), ranks);
  const auto verdict = vote.verdict(ranks);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->culprits.empty());
  EXPECT_NE(verdict->text.find("cannot be told"), std::string::npos) << verdict->text;
}

TEST(ChecksumVote, OneOfTwoThatContradictsItselfIsNamed) {
  const std::vector<RankRow> ranks = cards(2);
  ChecksumVote vote;
  vote.add(visit({right, right}), ranks);
  vote.add(visit({right, low_bit}), ranks);
  ASSERT_TRUE(vote.verdict(ranks));
  EXPECT_EQ(vote.verdict(ranks)->culprits, Culprits{1});
}

TEST(ChecksumVote, ACardAloneIsComparedWithItself) {
  const std::vector<RankRow> ranks = cards(1);
  ChecksumVote vote;
  vote.add(visit({right}), ranks);
  vote.add(visit({right}), ranks);
  EXPECT_FALSE(vote.verdict(ranks));
  vote.add(visit({low_bit}), ranks);
  EXPECT_TRUE(vote.verdict(ranks));
}

TEST(ChecksumVote, OtherModelsAndDriversAreOtherKinds) {
  std::vector<RankRow> ranks = cards(3);
  ranks[1].device_name = "H100";
  ranks[2].driver_version = "570";
  ChecksumVote vote;
  vote.add(visit({1, 2, 3}), ranks);
  EXPECT_FALSE(vote.verdict(ranks));
}

TEST(ChecksumVote, WhatIsNotDeterministicDoesNotVote) {
  const std::vector<RankRow> ranks = cards(3);
  ChecksumVote vote;
  vote.add(visit({0, right, right}), ranks);
  EXPECT_FALSE(vote.verdict(ranks));
}

TEST(ChecksumVote, AmongTenThousandOneIsFound) {
  const std::vector<RankRow> ranks = cards(10'000);
  std::vector<std::uint64_t> sums(10'000, right);
  sums[7'777] = low_bit;
  ChecksumVote vote;
  vote.add(visit(sums), ranks);
  ASSERT_TRUE(vote.verdict(ranks));
  EXPECT_EQ(vote.verdict(ranks)->culprits, Culprits{7'777});
}

}  // namespace
}  // namespace cardwise
