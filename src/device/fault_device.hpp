// SPDX-License-Identifier: Apache-2.0
// A decorator of Device that plants faults, for tests and `cardwise selftest`.
#pragma once

#include <memory>

#include "device/device.hpp"
#include "device/fault_plan.hpp"

namespace cardwise {

/// The device itself, or one that misbehaves as CARDWISE_FAULT says for this rank (the grammar:
/// parse_faults). Costs nothing where the variable is not set or plants nothing here. Throws
/// UsageError where it is malformed, on every rank alike.
std::unique_ptr<Device> with_planted_faults(std::unique_ptr<Device> device, int rank);

/// The same for faults that are known; those of other ranks and backends are left out.
std::unique_ptr<Device> with_planted_faults(std::unique_ptr<Device> device, int rank,
                                            const std::vector<Fault>& faults);

}  // namespace cardwise
