// SPDX-License-Identifier: Apache-2.0
// A decorator of Device that plants faults, for tests and `cardwise selftest`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "device/device.hpp"
#include "device/fault_plan.hpp"

namespace cardwise {

/// Where this rank is, for faults that are planted in one step or one visit alone.
struct FaultPlace {
  std::string step;  ///< of the visit
  int visit = 0;     ///< from 1
};
using PlaceOf = std::function<FaultPlace()>;

/// The device itself, or one that misbehaves as CARDWISE_FAULT says for this rank (the grammar:
/// parse_faults). Costs nothing where the variable is not set or plants nothing here. Throws
/// UsageError where it is malformed, on every rank alike.
std::unique_ptr<Device> with_environments_faults(std::unique_ptr<Device> device, int rank,
                                                 PlaceOf place_of = {});

/// The same for faults that are known; those of other ranks and backends are left out.
std::unique_ptr<Device> with_planted_faults(std::unique_ptr<Device> device, int rank,
                                            const std::vector<Fault>& faults,
                                            PlaceOf place_of = {});

/// The identity that CARDWISE_FAULT gives this rank's card ("kind=same-card"); "" none.
std::string planted_identity(int rank);

/// Planted hangs end with an Error from now on (`cardwise selftest`: the alarm has rung); those of
/// devices that are opened later hang again.
void release_planted_hangs();

}  // namespace cardwise
