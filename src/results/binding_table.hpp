// SPDX-License-Identifier: Apache-2.0
// The first thing printed: which rank measures which card, and where its CPUs are.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "core/record.hpp"

namespace cardwise {

/// The table "rank host card identity NUMA CPUs" with a line for each rank. Of more than `limit`
/// ranks: those with something wrong (no card, shared, far CPUs), then the first of each node, up
/// to `limit` lines, and the sum of all. Ends in a newline.
std::string binding_table(std::span<const RankRow> rows, std::size_t limit = 64);

}  // namespace cardwise
