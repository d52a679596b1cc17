// SPDX-License-Identifier: Apache-2.0
// A card's sensors and settings, read through NVML where it is there.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

namespace cardwise {

/// One reading; unknown is NaN or -1, never 0.
struct SensorReading {
  static constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
  float sm_mhz = unknown, mem_mhz = unknown, power_w = unknown, temp_c = unknown;
  std::uint64_t reasons = 0;    ///< NVML's clock-event bits; means nothing unless reasons_known
  bool reasons_known = false;
  int pcie_gen = -1, pcie_width = -1;
  std::int64_t ecc_corrected = -1, ecc_uncorrected = -1;  ///< since the driver was loaded
  std::int64_t pcie_replays = -1;
  double energy_j = std::numeric_limits<double>::quiet_NaN();  ///< since the driver was loaded
  int other_processes = -1;     ///< with a context on the card, this one not counted
};

/// What does not change during a run; unknown is "", NaN or -1.
struct CardFacts {
  std::string serial, vbios_version, driver_version;
  double power_limit_w = std::numeric_limits<double>::quiet_NaN();
  double power_limit_default_w = std::numeric_limits<double>::quiet_NaN();
  int clock_app_mhz = -1;
  int persistence = -1, mig_mode = -1, mps = -1, ecc_mode = -1;  ///< 0 off, 1 on
  int rows_remapped = -1;  ///< after correctable and uncorrectable errors together
  int pcie_gen_max = -1, pcie_width_max = -1;  ///< of card and slot, the smaller
  int compute_mode = -1;
};

/// The sensors of one card. Safe to use from two threads at once.
class Sensors {
 public:
  virtual ~Sensors() = default;
  virtual SensorReading read() noexcept = 0;
  virtual CardFacts facts() = 0;
};

/// The sensors of the card with that UUID; by PCI address only where the UUID is "". Where NVML is
/// missing or does not know the card, an object that knows nothing. Never null, never throws
/// (but std::bad_alloc).
std::unique_ptr<Sensors> open_sensors(const std::string& uuid, const std::string& pci_bus_id);

/// "12.550.54.15", or "" without NVML.
std::string nvml_version();

/// The object that knows nothing.
std::unique_ptr<Sensors> unknown_sensors();

}  // namespace cardwise
