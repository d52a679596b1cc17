// SPDX-License-Identifier: Apache-2.0
// Data sheets by model name, and the formulas for cards that are in none.
#include "device/peaks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace cardwise {
namespace {

/// A model: its name as drivers give it, in GB/s and TFLOP/s of f32 and f64 vector units (0: not in
/// that source). `units` guards against cut-down or partitioned cards of the same name; 0 any.
struct Sheet {
  std::string_view name;
  int units;
  double mem, f32, f64;
  const char* source;
};

constexpr const char* p100_sheet = "NVIDIA Tesla P100 GPU Accelerator data sheet";
constexpr const char* v100_sheet = "NVIDIA V100 Tensor Core GPU data sheet";
constexpr const char* a100_sheet = "NVIDIA A100 Tensor Core GPU data sheet";
constexpr const char* h100_paper = "NVIDIA H100 Tensor Core GPU Architecture whitepaper";
constexpr const char* h100_sheet = "NVIDIA H100 Tensor Core GPU data sheet";
constexpr const char* h200_sheet = "NVIDIA H200 Tensor Core GPU data sheet";
constexpr const char* cdna2_sheet = "AMD Instinct MI250X data sheet, half a card (one GCD)";

constexpr std::array sheets = {
    Sheet{"P100-SXM2-16GB", 56, 732, 10.6, 5.3, p100_sheet},
    Sheet{"P100-PCIE-16GB", 56, 732, 9.3, 4.7, p100_sheet},
    Sheet{"V100-SXM2-16GB", 80, 900, 15.7, 7.8, v100_sheet},
    Sheet{"V100-SXM2-32GB", 80, 900, 15.7, 7.8, v100_sheet},
    Sheet{"V100-PCIE-16GB", 80, 900, 14, 7, v100_sheet},
    Sheet{"V100-PCIE-32GB", 80, 900, 14, 7, v100_sheet},
    Sheet{"V100S-PCIE-32GB", 80, 1134, 16.4, 8.2, v100_sheet},
    Sheet{"A100-SXM4-40GB", 108, 1555, 19.5, 9.7, a100_sheet},
    Sheet{"A100-SXM4-80GB", 108, 2039, 19.5, 9.7, a100_sheet},
    Sheet{"A100-PCIE-40GB", 108, 1555, 19.5, 9.7, a100_sheet},
    Sheet{"A100 80GB PCIe", 108, 1935, 19.5, 9.7, a100_sheet},
    Sheet{"A30", 56, 933, 10.3, 5.2, "NVIDIA A30 Tensor Core GPU data sheet"},
    Sheet{"A40", 84, 696, 37.4, 0, "NVIDIA A40 data sheet"},
    Sheet{"L40", 142, 864, 90.5, 0, "NVIDIA L40 data sheet"},
    Sheet{"L40S", 142, 864, 91.6, 0, "NVIDIA L40S data sheet"},
    Sheet{"L4", 58, 300, 30.3, 0, "NVIDIA L4 Tensor Core GPU data sheet"},
    Sheet{"H100 80GB HBM3", 132, 3352, 66.9, 33.5, h100_paper},
    Sheet{"H100 PCIe", 114, 2039, 51.2, 25.6, h100_paper},
    Sheet{"H100 NVL", 132, 3900, 60, 30, h100_sheet},
    Sheet{"H200", 132, 4800, 67, 34, h200_sheet},
    Sheet{"H200 NVL", 132, 4800, 60, 30, h200_sheet},
    Sheet{"MI250X", 110, 1638.4, 23.95, 23.95, cdna2_sheet},
    Sheet{"MI300X", 304, 5300, 163.4, 81.7, "AMD Instinct MI300X data sheet"},
};

/// "NVIDIA A100-SXM4-40GB" and "Tesla V100-SXM2-16GB" without maker and brand.
std::string_view model_of(std::string_view name) {
  static constexpr std::array prefixes = {"NVIDIA ", "Tesla ", "AMD ", "Instinct "};
  for (std::string_view prefix : prefixes)
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return name;
}

/// The first known value of a member over the views: OpenCL knows no memory clock, CUDA does.
template <class Number>
Number known(const Card& card, Number DeviceInfo::*member) {
  for (const DeviceInfo& v : card.views)
    if (v.*member > 0) return v.*member;
  return -1;
}

struct Lanes {
  int major, minor, f32, f64;
};

/// Lanes a multiprocessor by compute capability (CUDA C++ Programming Guide, "Arithmetic
/// Instructions").
constexpr std::array lanes_table = {
    Lanes{6, 0, 64, 32}, Lanes{6, 1, 128, 4}, Lanes{7, 0, 64, 32}, Lanes{7, 5, 64, 2},
    Lanes{8, 0, 64, 32}, Lanes{8, 6, 128, 2}, Lanes{8, 9, 128, 2}, Lanes{9, 0, 128, 64},
};

Peaks from_attributes(const Card& card) {
  Peaks peaks;
  const int mem_mhz = known(card, &DeviceInfo::mem_clock_mhz);
  const int bus_bits = known(card, &DeviceInfo::mem_bus_bits);
  if (mem_mhz > 0 && bus_bits > 0) peaks.mem = 2e6 * mem_mhz * bus_bits / 8;

  const int units = known(card, &DeviceInfo::compute_units);
  const int mhz = known(card, &DeviceInfo::clock_max_mhz);
  const DeviceInfo* capable = nullptr;
  for (const DeviceInfo& v : card.views)
    if (!capable && v.cc_major > 0) capable = &v;
  if (!capable || units <= 0 || mhz <= 0) return peaks;
  for (const Lanes& l : lanes_table) {
    if (l.major != capable->cc_major || l.minor != capable->cc_minor) continue;
    peaks.f32 = 2e6 * units * l.f32 * mhz;
    peaks.f64 = 2e6 * units * l.f64 * mhz;
  }
  return peaks;
}

const Sheet* sheet_of(const Card& card) {
  const int units = known(card, &DeviceInfo::compute_units);
  for (const DeviceInfo& v : card.views)
    for (const Sheet& s : sheets)
      if (model_of(v.name) == s.name && (units <= 0 || units == s.units)) return &s;
  return nullptr;
}

/// Takes the data sheet's figure, else keeps the attributes'; says whether the latter.
bool prefer(double& value, double sheet) {
  if (sheet > 0) value = sheet;
  return sheet <= 0 && !std::isnan(value);
}

}  // namespace

Peaks theoretical_peaks(const Card& card) {
  if (card.device_class != DeviceClass::gpu) return {};
  static constexpr const char* attributes = "card attributes (clocks, bus width, multiprocessors)";
  Peaks peaks = from_attributes(card);
  const Sheet* sheet = card.uuid().starts_with("MIG-") ? nullptr : sheet_of(card);
  if (!sheet) {
    const bool any = !std::isnan(peaks.mem) || !std::isnan(peaks.f32);
    peaks.source = any ? attributes : "";
    return peaks;
  }
  const bool mem = prefer(peaks.mem, sheet->mem * 1e9);
  const bool f32 = prefer(peaks.f32, sheet->f32 * 1e12);
  const bool f64 = prefer(peaks.f64, sheet->f64 * 1e12);
  peaks.source = sheet->source;
  if (mem || f32 || f64)
    peaks.source += std::string("; ") + (mem ? "memory " : "") + (f32 ? "f32 " : "") +
                    (f64 ? "f64 " : "") + "from " + attributes;
  return peaks;
}

double pcie_direction_peak(int generation, int lanes) {
  static constexpr std::array<double, 5> gigatransfers = {2.5, 5, 8, 16, 32};
  if (generation < 1 || generation > static_cast<int>(gigatransfers.size()) || lanes < 1)
    return unknown;
  const double code = generation <= 2 ? 8.0 / 10 : 128.0 / 130;
  return lanes * gigatransfers[static_cast<std::size_t>(generation - 1)] * 1e9 * code / 8;
}

}  // namespace cardwise
