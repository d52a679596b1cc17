// SPDX-License-Identifier: Apache-2.0
// All ranks' bindings judged on rank 0: shared and idle cards, CPUs far from their card.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/text.hpp"
#include "ranks/placement.hpp"

namespace cardwise {
namespace {

using Ranks = std::vector<std::size_t>;

/// "rank 5 (nid004)".
std::string rank_text(std::span<const RankRow> rows, std::size_t rank) {
  return fmt::format("rank {} ({})", rank, rows[rank].host);
}

/// "ranks 0 and 1 on nid004", "rank 0 on nid004 and rank 5 on nid005".
std::string ranks_text(std::span<const RankRow> rows, const Ranks& ranks) {
  const bool one_host = std::all_of(ranks.begin(), ranks.end(), [&](std::size_t r) {
    return rows[r].host == rows[ranks.front()].host && rows[r].node == rows[ranks.front()].node;
  });
  const std::size_t shown = std::min<std::size_t>(ranks.size(), 8);
  std::string text = one_host ? "ranks " : "";
  for (std::size_t i = 0; i < shown; ++i) {
    if (i) text += i + 1 == ranks.size() ? " and " : ", ";
    text += one_host ? fmt::format("{}", ranks[i])
                     : fmt::format("rank {} on {}", ranks[i], rows[ranks[i]].host);
  }
  if (ranks.size() > shown) text += fmt::format(" and {} more", ranks.size() - shown);
  if (one_host) text += " on " + rows[ranks.front()].host;
  return text;
}

std::string card_text(const RankRow& row) {
  return fmt::format("{} ({})", row.identity, row.device_name);
}

/// What proves that two rows mean one card: see check_bindings.
std::vector<std::string> proofs(const RankRow& row) {
  if (row.identity.empty()) return {};
  if (row.device_uuid.starts_with("MIG-")) return {row.identity};
  std::vector<std::string> keys;
  keys.push_back(row.device_uuid.empty() ? fmt::format("{} {}", row.node, row.identity)
                                         : row.identity);
  // A partition without a UUID of its own shares its address with others: '#' marks it.
  if (!row.pci_bus_id.empty() && row.identity.find('#') == std::string::npos)
    keys.push_back(fmt::format("{} pci {}", row.node, row.pci_bus_id));
  return keys;
}

/// Cards with several ranks, each with its ranks in order.
std::vector<Ranks> shared_cards(std::span<const RankRow> rows) {
  std::map<std::string, std::size_t> card_of;
  std::vector<Ranks> cards;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::vector<std::string> keys = proofs(rows[r]);
    std::size_t card = cards.size();
    for (const std::string& key : keys)
      if (const auto at = card_of.find(key); at != card_of.end()) card = std::min(card, at->second);
    if (keys.empty()) continue;
    if (card == cards.size()) cards.emplace_back();
    cards[card].push_back(r);
    for (const std::string& key : keys) card_of.try_emplace(key, card);
  }
  std::erase_if(cards, [](const Ranks& ranks) { return ranks.size() < 2; });
  return cards;
}

std::string refusal_of(std::span<const RankRow> rows, const std::vector<Ranks>& shared) {
  const RankRow& row = rows[shared.front().front()];
  std::string text = fmt::format("{} ranks on one card, {}: {}", shared.front().size(),
                                 card_text(row), ranks_text(rows, shared.front()));
  for (std::size_t i = 1; i < shared.size() && i < 4; ++i)
    text += fmt::format("; {}: {}", rows[shared[i].front()].identity, ranks_text(rows, shared[i]));
  if (shared.size() > 4) text += fmt::format("; and {} more cards", shared.size() - 4);
  if (row.binding_rule == "only_visible" && row.device_class != "cpu")
    text +=
        ". Each of them sees this card only (look at CUDA_VISIBLE_DEVICES; under Slurm start "
        "with srun --gpus-per-task=1, not with mpirun)";
  return text + ". Start one rank a card, or add --allow-sharing";
}

struct Idle {
  std::string host, name;
  std::int32_t node = -1;
};

/// Cards that some rank of a node sees and none took, with the node.
void name_idle_cards(std::span<const RankRow> rows, std::span<const std::string> visible,
                     std::vector<EventRow>& events) {
  std::map<std::int32_t, std::map<std::string, Idle>> cards_of;  // node, identity
  std::map<std::int32_t, std::set<std::string>> taken;
  std::map<std::int32_t, int> ranks_of;
  bool listed = false;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const RankRow& row = rows[r];
    ++ranks_of[row.node];
    taken[row.node].insert(row.identity);
    listed = listed || row.binding_rule == "listed";
    if (r >= visible.size()) continue;
    for (const std::string& line : split(visible[r], '\n')) {
      const auto tab = line.find('\t');
      if (tab == std::string::npos) continue;
      cards_of[row.node].try_emplace(line.substr(0, tab),
                                     Idle{row.host, line.substr(tab + 1), row.node});
    }
  }
  for (const auto& [node, cards] : cards_of)
    for (const auto& [identity, idle] : cards) {
      if (taken[node].contains(identity)) continue;
      events.push_back(
          {.severity = listed ? "note" : "warning",
           .code = "idle_card",
           .text = fmt::format("card {} ({}) on {} has no rank: {} rank{} for {} cards", identity,
                               idle.name, idle.host, ranks_of[node], ranks_of[node] == 1 ? "" : "s",
                               cards.size())});
    }
}

void name_far_cpus(std::span<const RankRow> rows, std::vector<EventRow>& events) {
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const RankRow& row = rows[r];
    if (row.numa_match != 0) continue;
    const std::string where =
        row.cpu_numa < 0 ? "not on one NUMA node" : fmt::format("on NUMA node {}", row.cpu_numa);
    events.push_back(
        {.rank = static_cast<std::int32_t>(r),
         .severity = "warning",
         .code = "numa_mismatch",
         .text = fmt::format("{}: CPUs {} are {}, card {} is on {}; copies may be slow. Bind near "
                             "the card (srun --gpu-bind=closest, --cpu-bind) or not at all (mpirun "
                             "--bind-to none): cardwise then pins itself",
                             rank_text(rows, r), row.cpu_mask, where, card_text(row),
                             row.device_numa)});
  }
}

void name_missing_cards(std::span<const RankRow> rows, std::vector<EventRow>& events) {
  for (std::size_t r = 0; r < rows.size(); ++r)
    if (rows[r].identity.empty())
      events.push_back({.rank = static_cast<std::int32_t>(r),
                        .severity = "error",
                        .code = "no_card",
                        .text = fmt::format("{} measures nothing: {}", rank_text(rows, r),
                                            rows[r].status_text)});
}

void name_mixed_models(std::span<const RankRow> rows, std::vector<EventRow>& events) {
  std::map<std::string, int> models;
  for (const RankRow& row : rows)
    if (!row.identity.empty()) ++models[row.device_name];
  if (models.size() < 2) return;
  std::string text;
  for (const auto& [model, count] : models)
    text += fmt::format("{}{} x {}", text.empty() ? "" : ", ", count, model);
  events.push_back({.severity = "warning",
                    .code = "mixed_models",
                    .text = "cards of several models: " + text + "; compare like with like"});
}

}  // namespace

BindingVerdict check_bindings(std::span<RankRow> rows, std::span<const std::string> visible,
                              bool allow_sharing) {
  BindingVerdict verdict;
  const std::vector<Ranks> shared = shared_cards(rows);
  for (const Ranks& ranks : shared) {
    for (std::size_t r : ranks) rows[r].shared = 1;
    if (!allow_sharing) continue;  // the refusal says it
    verdict.events.push_back(
        {.severity = "warning",
         .code = "shared_card",
         .text = fmt::format("{} is shared by {}: its figures are of a part of the card",
                             card_text(rows[ranks.front()]), ranks_text(rows, ranks))});
  }
  if (!shared.empty() && !allow_sharing) verdict.refusal = refusal_of(rows, shared);
  name_missing_cards(rows, verdict.events);
  name_idle_cards(rows, visible, verdict.events);
  name_far_cpus(rows, verdict.events);
  name_mixed_models(rows, verdict.events);
  return verdict;
}

}  // namespace cardwise
