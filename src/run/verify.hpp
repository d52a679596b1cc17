// SPDX-License-Identifier: Apache-2.0
// Checks whole buffers after a block: by checksum on the card, element by element on a mismatch.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/record.hpp"

namespace cardwise {

struct CaseState;

/// What the host has computed once and keeps for all rounds and both APIs.
class References {
 public:
  /// Expected checksums, by case key without its backend and place of the buffer.
  std::map<std::string, std::uint64_t> checksums;
  /// Freivalds' right-hand sides, by case key without its backend.
  struct Product {
    std::vector<double> rhs[2], bound[2];
  };
  std::map<std::string, Product> products;
};

/// Something wrong in the data: where, and a sentence.
struct Finding {
  Wrong where;
  std::string text;
};

/// Poisons the outputs, as the last thing before the block.
void poison_outputs(CaseState& state);

/// One launch more where a result accumulates and the launches so far are even.
void even_out(CaseState& state);

/// Every expectation, guard, counter and product of the visit; stores result_checksum in the
/// visit. The first finding, or nothing.
std::optional<Finding> verify(CaseState& state);

}  // namespace cardwise
