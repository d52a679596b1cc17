// SPDX-License-Identifier: Apache-2.0
// Sensors and second opinions of a block, turned into its values and flags (methodology §2.7).
#pragma once

#include "device/telemetry/sensors.hpp"

namespace cardwise {

struct CaseState;

/// Stores the readings in the visit and sets the bits that hold for all samples of the block.
/// Bits that need the peers (clock_low) are set on rank 0 as it writes.
void flag_block(CaseState& state, const SensorReading& before, const SensorReading& after);

}  // namespace cardwise
