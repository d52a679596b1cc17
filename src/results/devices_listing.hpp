// SPDX-License-Identifier: Apache-2.0
// `cardwise devices`: this node's cards for people and for programs.
#pragma once

#include <span>
#include <string>

#include "device/cards.hpp"

namespace cardwise {

/// The wanted cards with the index that --card takes (of all cards, wanted or not), and why a
/// backend shows none. `numa` is the NUMA node by card, -1 or too short: unknown. Ends in a
/// newline.
std::string devices_text(const Inventory& found, const Wanted& wanted, std::span<const int> numa);

/// The same as one JSON object: {"cards": […], "backends": [{"name", "why_none"}]}. Unknown numbers
/// are null, unknown texts "". Ends in a newline.
std::string devices_json(const Inventory& found, const Wanted& wanted, std::span<const int> numa);

}  // namespace cardwise
