// SPDX-License-Identifier: Apache-2.0
// What a card can do in theory: data sheets, else its attributes, else unknown.
#pragma once

#include <string>

#include "core/record.hpp"
#include "device/cards.hpp"

namespace cardwise {

/// Theoretical peaks; NaN where unknown. Without matrix units.
struct Peaks {
  double mem = unknown;  ///< B/s
  double f32 = unknown;  ///< FLOP/s
  double f64 = unknown;  ///< FLOP/s
  std::string source;    ///< title of the data sheet, or the formula; "" where all is unknown
};

/// By model from the table of data sheets; what that leaves open from the card's attributes:
/// memory 2 x clock x bus width (DDR), FLOP 2 x multiprocessors x lanes x clock. A MIG slice is no
/// whole card: attributes only. Emulated cards and CPUs have no peaks.
Peaks theoretical_peaks(const Card& card);

/// One direction of a PCIe link in B/s, before packet overhead: generations 1 to 5; else NaN.
double pcie_direction_peak(int generation, int lanes);

}  // namespace cardwise
