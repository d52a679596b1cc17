// SPDX-License-Identifier: Apache-2.0
// Which card is mine, and do all ranks' answers fit together: pure logic, no MPI, no API.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/record.hpp"
#include "device/cards.hpp"
#include "device/peaks.hpp"
#include "ranks/cpu_binding.hpp"

namespace cardwise {

/// What one rank knows before it chooses. Node and local rank come from MPI's shared-memory split,
/// never from a launcher's variable.
struct LocalView {
  int node = 0;
  int local_rank = 0, local_size = 1;
  std::string host;
  Inventory found;
};

/// What the user asked for: --type, --platform, --card, --allow-sharing.
struct CardRequest {
  Wanted wanted{.types = {"gpu", "fpga"}, .platform = ""};
  std::vector<std::string> listed;
  bool allow_sharing = false;
};

/// The card taken: its place in LocalView::found.cards and the rule that took it (only_visible,
/// local_rank, listed, shared).
struct CardChoice {
  std::size_t index = 0;
  std::string rule;
};

/// This rank's card. In order: the entry of --card for this local rank (index as `cardwise devices`
/// counts, UUID or a unique prefix of it, PCI address, identity); else the only wanted card that is
/// visible; else the local rank's; else, with allow_sharing, local rank modulo cards. Throws
/// BindingError that says what was found and what to do. Whether two ranks took one card is for
/// check_bindings: no rank can see it alone.
CardChoice choose_card(const LocalView& view, const CardRequest& request);

/// The columns of /ranks that place, card and CPUs give; telemetry and clocks fill the rest.
RankRow rank_row(const LocalView& view, const CardChoice& choice, const CpuBinding& cpus,
                 const Peaks& peaks);

/// The row of a member without a card (--allow-missing); `why` becomes its status_text.
RankRow row_without_card(const LocalView& view, const CpuBinding& cpus, const std::string& why);

/// The wanted cards that a rank sees, one a line (identity, tab, model): what rank 0 needs of each
/// rank to name idle cards.
std::string visible_cards(const LocalView& view, const Wanted& wanted);

/// All ranks' bindings judged: a refusal ("" none) and what else is worth saying (idle_card,
/// numa_mismatch, no_card, shared_card, mixed_models; utc_ns is left to the caller).
struct BindingVerdict {
  std::string refusal;
  std::vector<EventRow> events;
};

/// Rank 0 only: rows and visible cards by rank (`visible` may be empty: then nothing is said of
/// idle cards). Marks rows of shared cards. A card is known by its UUID everywhere, else by node
/// and identity (host names need not be unique), and whole cards by node and PCI address as well.
BindingVerdict check_bindings(std::span<RankRow> rows, std::span<const std::string> visible,
                              bool allow_sharing);

}  // namespace cardwise
