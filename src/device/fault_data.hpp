// SPDX-License-Identifier: Apache-2.0
// Wrong data: what a planted fault does to the bytes of a buffer.
#pragma once

#include <cstddef>
#include <span>

#include "device/fault_plan.hpp"

namespace cardwise {

/// Bytes behind the data of every buffer of a run that nobody may write: run/'s guard_bytes, which
/// this layer cannot see (a test compares them). A shorter buffer has none.
inline constexpr std::size_t fault_guard_bytes = 4096;

/// Changes `bytes`, a whole buffer with elements of 4 or 8 bytes and, where `guarded`, the guard
/// behind them, as `kind` (wrong data only) says. Always changes something but where `swap` finds
/// only equal elements, or the buffer holds already what zero, nan or constant would write.
void spoil(std::span<std::byte> bytes, FaultKind kind, std::size_t element_bytes, bool guarded);

}  // namespace cardwise
