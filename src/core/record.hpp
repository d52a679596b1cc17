// SPDX-License-Identifier: Apache-2.0
// What a run knows, as plain rows: one struct a table of the result file (methodology §5); names,
// units and meanings of their columns are in core/record_fields.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace cardwise {

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
inline constexpr float unknown_f = std::numeric_limits<float>::quiet_NaN();

/// One node (/nodes). Sizes in bytes; -1 and "" unknown.
struct NodeRow {
  std::string host, kernel_release, cpu_model, cpu_governor, hugepages, nic_models, ib_rates,
      bios_version;
  std::int32_t sockets = -1, cores = -1, numa_nodes = -1;
  std::int8_t turbo = -1;
  std::int64_t mem_total_bytes = -1;
  static auto fields();
};

/// One rank and its card (/ranks).
struct RankRow {
  std::string host, cpu_mask, backends, device_name, device_vendor, device_class, device_uuid,
      device_serial, pci_bus_id, pci_device_id, driver_version, opencl_platform, opencl_version,
      opencl_c_version, nvrtc_version, vbios_version, image_sha256, board, binding_rule,
      peak_source, identity, status_text;
  std::int32_t node = -1, local_rank = -1, pid = -1, cpu_numa = -1, device_numa = -1,
               cuda_driver_version = -1, compute_units = -1, cc_major = -1, cc_minor = -1,
               clock_max_mhz = -1, clock_app_mhz = -1, mem_clock_mhz = -1, mem_bus_bits = -1,
               compute_mode = -1, rows_remapped = -1, pcie_gen_load = -1, pcie_width_load = -1,
               pcie_gen_max = -1, pcie_width_max = -1, verify_failures = 0;
  std::int8_t numa_match = -1, persistence = -1, mig_mode = -1, mps = -1, ecc_mode = -1;
  std::uint8_t emulated = 0, shared = 0;
  std::int64_t llc_bytes = -1, mem_total_bytes = -1, mem_free_bytes_start = -1,
               ecc_corrected_start = -1, ecc_corrected_end = -1, ecc_uncorrected_start = -1,
               ecc_uncorrected_end = -1, pcie_replays_start = -1, pcie_replays_end = -1;
  double power_limit_w = unknown, power_limit_default_w = unknown, host_tick_ns = unknown,
         host_mark_ns = unknown, launch_call_ns = unknown, peak_mem = unknown,
         ceiling_mem = unknown, ceiling_h2d = unknown, ceiling_d2h = unknown, peak_f32 = unknown,
         peak_f64 = unknown, ceiling_f32 = unknown, ceiling_f64 = unknown;
  static auto fields();
};

/// One kernel as compiled (/kernels).
struct KernelRow {
  std::string name, variant, file, sha256, text;
  static auto fields();
};

/// One case (/index): what all comparisons need. Times in s a launch, rates in B/s or FLOP/s.
struct CaseRow {
  std::string case_key, case_id, group_path, family, benchmark, backend, variant, dtype, cache,
      sync, clock, units, better, placement, status = "planned", status_text, kernel_sha256,
                                             binary_sha256;
  std::int64_t n_bytes = -1;
  std::int32_t ranks = 0, nodes = 0, rounds = 0, samples = 0, launches_per_sample = 0;
  std::uint8_t verified = 0, converged = 0;
  double bytes_per_launch = unknown, traffic_per_launch = unknown, flops_per_launch = unknown,
         time_sync_median = unknown, time_sync_lo = unknown, time_sync_hi = unknown,
         card_min = unknown, card_q25 = unknown, card_median = unknown, card_q75 = unknown,
         card_max = unknown, setup_s = unknown, compile_s = unknown, warmup_s = unknown,
         rate_sync = unknown, rate_sum = unknown, imbalance = unknown, jitter = unknown,
         pct_theoretical = unknown, pct_ceiling = unknown, ws_over_llc = unknown,
         cycles_median = unknown, flagged_frac = unknown, throttled_frac = unknown,
         ci_halfwidth = unknown;
  static auto fields();
};

/// Something that happened (/events). severity: note, warning, error.
struct EventRow {
  std::int64_t utc_ns = 0;
  std::int32_t rank = -1;
  std::string severity, code, text;
  static auto fields();
};

/// Bits of `flags[rank, sample]` (methodology §2.7).
enum Flag : std::uint16_t {
  flag_invalid = 1 << 0,
  flag_hw_throttle = 1 << 1,
  flag_sw_thermal = 1 << 2,
  flag_power_cap = 1 << 3,
  flag_clock_low = 1 << 4,
  flag_clock_drift = 1 << 5,
  flag_link_degraded = 1 << 6,
  flag_late_start = 1 << 7,
  flag_clock_disagree = 1 << 8,
  flag_bad_timer = 1 << 9,
  flag_preempted = 1 << 10,
  flag_ecc = 1 << 11,
};

/// Names of the flags' bits, bit 0 first, as in flag_meanings.
inline constexpr std::array<const char*, 12> flag_names = {
    "invalid",       "hw_throttle", "sw_thermal",     "power_cap", "clock_low", "clock_drift",
    "link_degraded", "late_start",  "clock_disagree", "bad_timer", "preempted", "ecc"};

/// What one rank has of one visit. Windows in ns; sensors NaN where unknown.
struct Visit {
  std::int32_t case_index = -1, round = -1;
  std::vector<std::int64_t> time_ns;  ///< [K] whole windows
  std::vector<std::uint16_t> flags;   ///< [K]
  std::int64_t host_ns = -1;          ///< sum of the samples' host windows (device clock)
  std::uint64_t result_checksum = 0;  ///< 0 where the result is not deterministic
  float sm_mhz_before = unknown_f, sm_mhz = unknown_f, mem_mhz = unknown_f, power_w = unknown_f,
        temp_c = unknown_f;
  std::uint64_t reasons = 0;
  std::int64_t start_utc_ns = 0;   ///< used of rank 0
  double warmup_s = unknown;       ///< used of rank 0
  std::uint8_t warmup_stable = 0;  ///< used of rank 0
};

/// A window of a card that was measured again at the end of the run.
struct RecheckRow {
  std::int32_t rank = -1;
  std::string mode;  ///< alone, pair
  std::int64_t window_ns = -1;
};

/// Where a result was wrong, first of the ranks that saw it.
struct Wrong {
  std::int32_t rank = -1;
  std::string host;
  std::int64_t index = -1, count = 0;
  double expected = unknown, found = unknown;
};

/// A case's fixed facts that stand as attributes of its group.
struct CaseFacts {
  std::string gate = "none", build_options;
  /// The key's parameters: numbers as integers, others as text.
  std::vector<std::pair<std::string, std::int64_t>> integers;
  std::vector<std::pair<std::string, std::string>> texts;
  double resolution_ns = unknown;
  int block = 0;   ///< K
  int rounds = 0;  ///< planned rounds
};

/// The root's attributes and /provenance.
struct RunRecord {
  std::string run_id, created_utc, finished_utc, cardwise_version, git_revision, system, tag,
      profile, exit_reason = "killed";
  std::uint8_t complete = 0, git_dirty = 0;
  std::int32_t exit_code = -1;
  std::int64_t checkpoint_no = 0, ranks = 0, nodes = 0, seed = 0;
  double wall_s = 0, timed_s = 0, agree_s = 0, verify_s = 0, gather_s = 0, write_s = 0;
  std::vector<std::pair<std::string, std::string>> provenance;  ///< name, text
};

}  // namespace cardwise
