// SPDX-License-Identifier: Apache-2.0
// The flags of a block.
#include "run/sensor_flags.hpp"

#include <cmath>
#include <numeric>

#include "run/case_state.hpp"

namespace cardwise {
namespace {

// NVML's clock-event bits (nvml.h: nvmlClocksEventReasons).
constexpr std::uint64_t power_cap = 0x4, hw_slowdown = 0x8, sw_thermal = 0x20, hw_thermal = 0x40,
                        hw_power_brake = 0x80;

// Alone 0 to 0.2 of two cores, beside one build with four compilers 0.5, beside four 0.8.
constexpr double others_disturb = 1.0 / 3;

bool rose(std::int64_t before, std::int64_t after) { return before >= 0 && after > before; }

std::uint16_t sensor_flags(const SensorReading& before, const SensorReading& after) {
  std::uint16_t flags = 0;
  if (after.reasons_known) {
    if (after.reasons & (hw_slowdown | hw_thermal | hw_power_brake)) flags |= flag_hw_throttle;
    if (after.reasons & sw_thermal) flags |= flag_sw_thermal;
    if (after.reasons & power_cap) flags |= flag_power_cap;
  }
  if (std::abs(after.sm_mhz / before.sm_mhz - 1) > 0.03f) flags |= flag_clock_drift;
  if (rose(before.ecc_corrected, after.ecc_corrected) ||
      rose(before.ecc_uncorrected, after.ecc_uncorrected) ||
      rose(before.pcie_replays, after.pcie_replays))
    flags |= flag_ecc;
  if (after.other_processes > 0) flags |= flag_preempted;
  return flags;
}

/// The device's windows against the host's: > 20 % apart and > 5 ms.
bool clocks_disagree(const Visit& visit) {
  if (visit.host_ns <= 0) return false;
  const double device = std::accumulate(visit.time_ns.begin(), visit.time_ns.end(), 0.0);
  const double host = double(visit.host_ns);
  return device > 0 && std::abs(host / device - 1) > 0.2 && std::abs(host - device) > 5e6;
}

}  // namespace

BlockReading read_sensors(const CaseState& s) {
  return {.card = s.run.sensors->read(),
          .host = s.run.host_is_card ? read_host_load() : HostLoad{}};
}

void flag_block(CaseState& s, const BlockReading& first, const BlockReading& last) {
  const SensorReading &before = first.card, &after = last.card;
  Visit& visit = s.visit;
  visit.sm_mhz_before = before.sm_mhz;
  visit.sm_mhz = after.sm_mhz;
  visit.mem_mhz = after.mem_mhz;
  visit.power_w = after.power_w;
  visit.temp_c = after.temp_c;
  visit.reasons = after.reasons_known ? after.reasons : 0;

  std::uint16_t block = sensor_flags(before, after);
  if (others_share(first.host, last.host) > others_disturb) block |= flag_preempted;
  if (clocks_disagree(visit)) block |= flag_clock_disagree;
  // An idle link may sleep in a lower generation: only copies have just loaded it.
  const bool below = (after.pcie_gen > 0 && after.pcie_gen < s.run.link_gen_max) ||
                     (after.pcie_width > 0 && after.pcie_width < s.run.link_width_max);
  if (s.planned.row.family == "copy" && below) block |= flag_link_degraded;
  // Below ten ticks a window says nothing; below a thousand B should have been larger.
  const bool by_device = s.planned.device_clock && s.open != nullptr;
  const double tick = by_device ? s.device().info().resolution_ns : s.run.host_tick_ns;
  for (std::size_t i = 0; i < visit.flags.size(); ++i) {
    visit.flags[i] |= block;
    if (!(visit.flags[i] & flag_invalid) && double(visit.time_ns[i]) < 10 * tick)
      visit.flags[i] |= flag_bad_timer;
  }
}

}  // namespace cardwise
