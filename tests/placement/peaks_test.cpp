// SPDX-License-Identifier: Apache-2.0
// Theoretical peaks by model, by attributes, and unknown rather than wrong.
#include "device/peaks.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "made_up.hpp"

namespace cardwise {
namespace {

Peaks peaks_of(const DeviceInfo& view) {
  return theoretical_peaks(merge_cards(std::vector<DeviceInfo>{view}).front());
}

DeviceInfo gpu(const std::string& name) {
  return made_up::cuda(0, made_up::uuid('a'), "0000:17:00.0", name);
}

DeviceInfo h100() {
  DeviceInfo info = gpu("NVIDIA H100 80GB HBM3");
  info.compute_units = 132;
  info.cc_major = 9;
  info.cc_minor = 0;
  info.clock_max_mhz = 1980;
  info.mem_clock_mhz = 2619;
  info.mem_bus_bits = 5120;
  return info;
}

TEST(Peaks, ComeFromTheDataSheetOfTheModel) {
  const Peaks peaks = peaks_of(h100());

  EXPECT_DOUBLE_EQ(peaks.mem, 3352e9);
  EXPECT_DOUBLE_EQ(peaks.f32, 66.9e12);
  EXPECT_DOUBLE_EQ(peaks.f64, 33.5e12);
  EXPECT_NE(peaks.source.find("whitepaper"), std::string::npos);
}

TEST(Peaks, FormulaAndDataSheetAgreeOnTheH100) {
  DeviceInfo other = h100();
  other.name = "NVIDIA H100 custom";

  const Peaks peaks = peaks_of(other);

  EXPECT_NEAR(peaks.mem / 3352e9, 1, 1e-3);
  EXPECT_NEAR(peaks.f32 / 66.9e12, 1, 1e-3);
  EXPECT_NEAR(peaks.f64 / 33.5e12, 1, 2e-3);
  EXPECT_NE(peaks.source.find("attributes"), std::string::npos);
}

TEST(Peaks, AreFoundThroughOpenClAloneAndUnderOldNames) {
  DeviceInfo a100 = made_up::opencl_gpu(0, "", "0000:17:00.0");
  a100.name = "A100-SXM4-40GB";

  EXPECT_DOUBLE_EQ(peaks_of(a100).mem, 1555e9);
  EXPECT_DOUBLE_EQ(peaks_of(gpu("Tesla V100-SXM2-32GB")).f64, 7.8e12);
  EXPECT_DOUBLE_EQ(peaks_of(gpu("NVIDIA A100 80GB PCIe")).mem, 1935e9);
}

TEST(Peaks, NeverTakeAnotherModelsSheet) {
  EXPECT_TRUE(std::isnan(peaks_of(gpu("NVIDIA A100-SXM-64GB")).mem));
  EXPECT_TRUE(std::isnan(peaks_of(gpu("NVIDIA H100")).f32));
  DeviceInfo cut = h100();
  cut.compute_units = 114;
  EXPECT_LT(peaks_of(cut).f32, 60e12) << "fewer multiprocessors than the sheet's";
}

TEST(Peaks, FillWhatTheSheetLeavesOpenAndSaySo) {
  DeviceInfo l40s = gpu("NVIDIA L40S");
  l40s.compute_units = 142;
  l40s.cc_major = 8;
  l40s.cc_minor = 9;
  l40s.clock_max_mhz = 2520;

  const Peaks peaks = peaks_of(l40s);

  EXPECT_DOUBLE_EQ(peaks.f32, 91.6e12);
  EXPECT_DOUBLE_EQ(peaks.f64, 2e6 * 142 * 2 * 2520);
  EXPECT_NE(peaks.source.find("f64 from card attributes"), std::string::npos) << peaks.source;
}

TEST(Peaks, OfAMigSliceAreNotTheWholeCards) {
  DeviceInfo slice = h100();
  slice.uuid = made_up::uuid('a', "MIG-");

  EXPECT_EQ(peaks_of(slice).source.find("whitepaper"), std::string::npos);
}

TEST(Peaks, AreUnknownForUnknownCards) {
  DeviceInfo blackwell = gpu("NVIDIA B200");
  blackwell.cc_major = 10;
  blackwell.compute_units = 148;
  blackwell.clock_max_mhz = 1965;
  const Peaks peaks = peaks_of(blackwell);

  EXPECT_TRUE(std::isnan(peaks.f32));
  EXPECT_TRUE(std::isnan(peaks.mem));
  EXPECT_EQ(peaks.source, "");
}

TEST(Peaks, AreNotForCpusAndEmulators) {
  DeviceInfo twin = h100();
  twin.emulated = true;

  EXPECT_TRUE(std::isnan(peaks_of(twin).mem));
  EXPECT_TRUE(std::isnan(peaks_of(made_up::pocl_cpu()).f32));
}

TEST(Peaks, OfPcieFollowGenerationAndLanes) {
  EXPECT_NEAR(pcie_direction_peak(3, 16), 15.75e9, 0.01e9);
  EXPECT_NEAR(pcie_direction_peak(4, 16), 31.5e9, 0.02e9);
  EXPECT_NEAR(pcie_direction_peak(5, 16), 63.0e9, 0.05e9);
  EXPECT_NEAR(pcie_direction_peak(5, 8), 31.5e9, 0.02e9);
  EXPECT_TRUE(std::isnan(pcie_direction_peak(-1, 16)));
  EXPECT_TRUE(std::isnan(pcie_direction_peak(7, 16)));
  EXPECT_TRUE(std::isnan(pcie_direction_peak(4, -1)));
}

}  // namespace
}  // namespace cardwise
