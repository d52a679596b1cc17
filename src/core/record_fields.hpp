// SPDX-License-Identifier: Apache-2.0
// The columns of every table: name in the file, member, unit and meaning (methodology §5). The
// writer, the gathers and results/README.md are made from these.
#pragma once

#include <tuple>

#include "core/record.hpp"

namespace cardwise {

/// A column of a table: its name in the file, the member, the unit ("" none) and what it says.
template <class Row, class Cell>
struct Field {
  const char* name;
  Cell Row::*member;
  const char* units;
  const char* meaning;
};
template <class Row, class Cell>
Field(const char*, Cell Row::*, const char*, const char*) -> Field<Row, Cell>;

/// Calls visit(field) for every field of Row, in the order of the file.
template <class Row, class Visitor>
void for_each_field(Visitor&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, Row::fields());
}

inline auto NodeRow::fields() {
  using R = NodeRow;
  return std::tuple{
      Field{"host", &R::host, "", "host name"},
      Field{"kernel_release", &R::kernel_release, "", "uname -r"},
      Field{"cpu_model", &R::cpu_model, "", "model name of /proc/cpuinfo"},
      Field{"cpu_governor", &R::cpu_governor, "", "frequency governor of CPU 0"},
      Field{"hugepages", &R::hugepages, "", "transparent huge pages: the mode in force"},
      Field{"nic_models", &R::nic_models, "", "network cards, comma separated"},
      Field{"ib_rates", &R::ib_rates, "", "InfiniBand rates, comma separated"},
      Field{"bios_version", &R::bios_version, "", "BIOS version"},
      Field{"sockets", &R::sockets, "", "CPU packages"},
      Field{"cores", &R::cores, "", "physical cores"},
      Field{"numa_nodes", &R::numa_nodes, "", "NUMA nodes"},
      Field{"turbo", &R::turbo, "", "1 on, 0 off, -1 unknown"},
      Field{"mem_total_bytes", &R::mem_total_bytes, "B", "main memory"}};
}

inline auto RankRow::fields() {
  using R = RankRow;
  return std::tuple{
      Field{"host", &R::host, "", "host name"},
      Field{"cpu_mask", &R::cpu_mask, "", "CPUs the rank is bound to, as a list"},
      Field{"backends", &R::backends, "", "APIs the card was opened through"},
      Field{"device_name", &R::device_name, "", "card model"},
      Field{"device_vendor", &R::device_vendor, "", "card vendor"},
      Field{"device_class", &R::device_class, "", "gpu, fpga, cpu, emulated"},
      Field{"device_uuid", &R::device_uuid, "", "UUID of the card"},
      Field{"device_serial", &R::device_serial, "", "serial number of the board"},
      Field{"pci_bus_id", &R::pci_bus_id, "", "PCI address, 0000:17:00.0"},
      Field{"pci_device_id", &R::pci_device_id, "", "PCI vendor and device"},
      Field{"driver_version", &R::driver_version, "", "driver of the card"},
      Field{"opencl_platform", &R::opencl_platform, "", "OpenCL platform name"},
      Field{"opencl_version", &R::opencl_version, "", "OpenCL platform version"},
      Field{"opencl_c_version", &R::opencl_c_version, "", "OpenCL C version"},
      Field{"nvrtc_version", &R::nvrtc_version, "", "NVRTC version"},
      Field{"vbios_version", &R::vbios_version, "", "video BIOS version"},
      Field{"image_sha256", &R::image_sha256, "", "hashes of the images, comma between"},
      Field{"board", &R::board, "", "FPGA board"},
      Field{"binding_rule", &R::binding_rule, "", "only_visible, local_rank, listed, shared"},
      Field{"peak_source", &R::peak_source, "", "whence the theoretical peaks are"},
      Field{"identity", &R::identity, "",
            "what makes the card unique: UUID, else host + PCI "
            "address, else host + platform + place"},
      Field{"status_text", &R::status_text, "", "why a member without a card measures nothing"},
      Field{"node", &R::node, "", "row of /nodes"},
      Field{"local_rank", &R::local_rank, "", "rank within the node"},
      Field{"pid", &R::pid, "", "process"},
      Field{"cpu_numa", &R::cpu_numa, "", "NUMA node of the rank's CPUs"},
      Field{"device_numa", &R::device_numa, "", "NUMA node of the card"},
      Field{"cuda_driver_version", &R::cuda_driver_version, "", "13000 is 13.0"},
      Field{"compute_units", &R::compute_units, "", "multiprocessors, compute units"},
      Field{"cc_major", &R::cc_major, "", "compute capability"},
      Field{"cc_minor", &R::cc_minor, "", "compute capability"},
      Field{"clock_max_mhz", &R::clock_max_mhz, "MHz", "highest core clock"},
      Field{"clock_app_mhz", &R::clock_app_mhz, "MHz", "application core clock"},
      Field{"mem_clock_mhz", &R::mem_clock_mhz, "MHz", "memory clock"},
      Field{"mem_bus_bits", &R::mem_bus_bits, "", "memory bus width in bits"},
      Field{"compute_mode", &R::compute_mode, "", "CUDA compute mode"},
      Field{"rows_remapped", &R::rows_remapped, "", "remapped memory rows"},
      Field{"pcie_gen_load", &R::pcie_gen_load, "", "PCIe generation under load"},
      Field{"pcie_width_load", &R::pcie_width_load, "", "PCIe lanes under load"},
      Field{"pcie_gen_max", &R::pcie_gen_max, "", "highest PCIe generation of card and slot"},
      Field{"pcie_width_max", &R::pcie_width_max, "", "most PCIe lanes of card and slot"},
      Field{"verify_failures", &R::verify_failures, "", "blocks whose data were wrong"},
      Field{"numa_match", &R::numa_match, "", "1: CPUs and card on one NUMA node"},
      Field{"persistence", &R::persistence, "", "persistence mode"},
      Field{"mig_mode", &R::mig_mode, "", "multi-instance mode"},
      Field{"mps", &R::mps, "", "multi-process service"},
      Field{"ecc_mode", &R::ecc_mode, "", "ECC"},
      Field{"emulated", &R::emulated, "", "1: an emulator or a test double"},
      Field{"shared", &R::shared, "", "1: several ranks on this card"},
      Field{"llc_bytes", &R::llc_bytes, "B", "last-level cache"},
      Field{"mem_total_bytes", &R::mem_total_bytes, "B", "memory of the card"},
      Field{"mem_free_bytes_start", &R::mem_free_bytes_start, "B", "free memory at start"},
      Field{"ecc_corrected_start", &R::ecc_corrected_start, "", "ECC errors corrected"},
      Field{"ecc_corrected_end", &R::ecc_corrected_end, "", "ECC errors corrected"},
      Field{"ecc_uncorrected_start", &R::ecc_uncorrected_start, "", "ECC errors uncorrected"},
      Field{"ecc_uncorrected_end", &R::ecc_uncorrected_end, "", "ECC errors uncorrected"},
      Field{"pcie_replays_start", &R::pcie_replays_start, "", "PCIe replays"},
      Field{"pcie_replays_end", &R::pcie_replays_end, "", "PCIe replays"},
      Field{"power_limit_w", &R::power_limit_w, "W", "power limit in force"},
      Field{"power_limit_default_w", &R::power_limit_default_w, "W", "power limit by default"},
      Field{"host_tick_ns", &R::host_tick_ns, "ns", "tick of the host clock"},
      Field{"host_mark_ns", &R::host_mark_ns, "ns", "cost of a pair of host marks"},
      Field{"launch_call_ns", &R::launch_call_ns, "ns", "cost of an empty launch through Device"},
      Field{"peak_mem", &R::peak_mem, "B/s", "theoretical memory bandwidth"},
      Field{"ceiling_mem", &R::ceiling_mem, "B/s", "best of copy and triad in dram"},
      Field{"ceiling_h2d", &R::ceiling_h2d, "B/s", "pinned host to card copy"},
      Field{"ceiling_d2h", &R::ceiling_d2h, "B/s", "pinned card to host copy"},
      Field{"peak_f32", &R::peak_f32, "FLOP/s", "theoretical f32 rate"},
      Field{"peak_f64", &R::peak_f64, "FLOP/s", "theoretical f64 rate"},
      Field{"ceiling_f32", &R::ceiling_f32, "FLOP/s", "fma_peak f32"},
      Field{"ceiling_f64", &R::ceiling_f64, "FLOP/s", "fma_peak f64"}};
}

inline auto KernelRow::fields() {
  using R = KernelRow;
  return std::tuple{Field{"name", &R::name, "", "kernel"},
                    Field{"variant", &R::variant, "", "portable, or a name"},
                    Field{"file", &R::file, "", "source file, or the image"},
                    Field{"sha256", &R::sha256, "", "hash of text and defines"},
                    Field{"text", &R::text, "", "as compiled; of an image its manifest"}};
}

inline auto CaseRow::fields() {
  using R = CaseRow;
  return std::tuple{
      Field{"case_key", &R::case_key, "", "family/benchmark?parameters"},
      Field{"case_id", &R::case_id, "", "first 16 hex digits of SHA-256 of case_key"},
      Field{"group_path", &R::group_path, "", "group of the samples"},
      Field{"family", &R::family, "", "mem compute latency api copy exchange collective"},
      Field{"benchmark", &R::benchmark, "", "benchmark"},
      Field{"backend", &R::backend, "", "cuda, opencl"},
      Field{"variant", &R::variant, "", "portable, or a name"},
      Field{"dtype", &R::dtype, "", "element type"},
      Field{"cache", &R::cache, "", "dram, hot"},
      Field{"sync", &R::sync, "", "barrier, window"},
      Field{"clock", &R::clock, "", "device, host"},
      Field{"units", &R::units, "", "unit of the headline: B/s, FLOP/s, s"},
      Field{"better", &R::better, "", "higher, lower"},
      Field{"placement", &R::placement, "", "packed, spread, random#seed"},
      Field{"status", &R::status, "", "ok planned partial skipped failed wrong implausible"},
      Field{"status_text", &R::status_text, "", "why"},
      Field{"kernel_sha256", &R::kernel_sha256, "", "text and defines"},
      Field{"binary_sha256", &R::binary_sha256, "", "machine code of rank 0's card"},
      Field{"n_bytes", &R::n_bytes, "B", "size of one array, or of a message"},
      Field{"ranks", &R::ranks, "", "ranks that took part"},
      Field{"nodes", &R::nodes, "", "nodes that took part"},
      Field{"rounds", &R::rounds, "", "rounds stored"},
      Field{"samples", &R::samples, "", "samples stored a rank"},
      Field{"launches_per_sample", &R::launches_per_sample, "", "B"},
      Field{"verified", &R::verified, "", "1: all blocks of all ranks were right"},
      Field{"converged", &R::converged, "", "1: ci_halfwidth met its target"},
      Field{"bytes_per_launch", &R::bytes_per_launch, "B", "algorithmic bytes a rank"},
      Field{"traffic_per_launch", &R::traffic_per_launch, "B", "bytes moved a rank"},
      Field{"flops_per_launch", &R::flops_per_launch, "", "operations a rank"},
      Field{"time_sync_median", &R::time_sync_median, "s", "slowest rank: median of rounds"},
      Field{"time_sync_lo", &R::time_sync_lo, "s", "its 95 % interval"},
      Field{"time_sync_hi", &R::time_sync_hi, "s", "its 95 % interval"},
      Field{"card_min", &R::card_min, "s", "fastest card"},
      Field{"card_q25", &R::card_q25, "s", "lower quartile of cards"},
      Field{"card_median", &R::card_median, "s", "median card"},
      Field{"card_q75", &R::card_q75, "s", "upper quartile of cards"},
      Field{"card_max", &R::card_max, "s", "slowest card"},
      Field{"setup_s", &R::setup_s, "s", "set-up of the first visit, rank 0"},
      Field{"compile_s", &R::compile_s, "s", "compilation in it"},
      Field{"warmup_s", &R::warmup_s, "s", "warm-up of the first visit"},
      Field{"rate_sync", &R::rate_sync, "", "work of all ranks / time_sync, in `units`"},
      Field{"rate_sum", &R::rate_sum, "", "sum of the cards' rates, in `units`"},
      Field{"imbalance", &R::imbalance, "1", "mean / max of the cards' times"},
      Field{"jitter", &R::jitter, "1", "slowest card / time_sync"},
      Field{"pct_theoretical", &R::pct_theoretical, "", "per cent of the data sheet, median card"},
      Field{"pct_ceiling", &R::pct_ceiling, "", "per cent of the measured ceiling, median card"},
      Field{"ws_over_llc", &R::ws_over_llc, "1", "bytes touched / last-level cache"},
      Field{"cycles_median", &R::cycles_median, "", "time x SM clock"},
      Field{"flagged_frac", &R::flagged_frac, "1", "share of the valid samples (flag 0 not set) with a flag but 3"},
      Field{"throttled_frac", &R::throttled_frac, "1", "share of the valid samples with flag 1 or 2"},
      Field{"ci_halfwidth", &R::ci_halfwidth, "1", "half width of the interval / median"}};
}

inline auto EventRow::fields() {
  using R = EventRow;
  return std::tuple{Field{"utc_ns", &R::utc_ns, "ns", "UTC since 1970"},
                    Field{"rank", &R::rank, "", "world rank, -1 all"},
                    Field{"severity", &R::severity, "", "note, warning, error"},
                    Field{"code", &R::code, "", "short word"},
                    Field{"text", &R::text, "", "what happened"}};
}

}  // namespace cardwise
