// SPDX-License-Identifier: Apache-2.0
// Sensors and second opinions of a block, turned into its values and flags (methodology §2.7).
#pragma once

#include "device/telemetry/sensors.hpp"
#include "run/host_load.hpp"

namespace cardwise {

struct CaseState;

/// What is read before and after a block.
struct BlockReading {
  SensorReading card;
  HostLoad host = {};  ///< only where the host's CPUs are the card
};

BlockReading read_sensors(const CaseState& state);

/// Stores the readings in the visit and sets the bits that hold for all samples of the block.
/// Bits that need the peers (clock_low) are set on rank 0 as it writes.
void flag_block(CaseState& state, const BlockReading& before, const BlockReading& after);

}  // namespace cardwise
