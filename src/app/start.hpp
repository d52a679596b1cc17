// SPDX-License-Identifier: Apache-2.0
// From ranks to opened cards: placement, proof of binding, sizes. All of it collective.
#pragma once

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/options.hpp"
#include "core/record.hpp"
#include "device/cards.hpp"
#include "ranks/comm.hpp"
#include "run/context.hpp"

namespace cardwise {

/// The run cannot begin; the same on every rank.
struct StartError {
  ExitCode code = ExitCode::binding;
  std::string text;
};

/// Collective: runs `work` on this rank; where it throws on any, throws StartError on all.
void together(const Comm& comm, const std::function<void()>& work);

/// What the ranks have found out about each other; the tables are rank 0's.
struct Start {
  std::vector<RankRow> ranks;
  std::vector<NodeRow> nodes;
  std::vector<EventRow> events;
  std::vector<std::string> backends;  ///< opened by at least one rank, in the table's order
  RankRow mine;
};

/// Collective. Chooses, pins, opens and proves; fills devices, sensors, sizes, limits of `run`.
Start start(const Comm& comm, const Options& options, RunContext& run);

/// The sizes that one node's card gives, for `cardwise list`.
Sizes sizes_of(const Card& card, const Options& options);

}  // namespace cardwise
