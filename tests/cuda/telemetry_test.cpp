// SPDX-License-Identifier: Apache-2.0
// The sampler thread, and sensors that know nothing.
#include "device/telemetry/telemetry.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace cardwise {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Counts its readings; the n-th says n MHz.
class CountingSensors final : public Sensors {
 public:
  SensorReading read() noexcept override {
    SensorReading reading;
    reading.sm_mhz = static_cast<float>(++readings);
    return reading;
  }
  CardFacts facts() override { return {}; }
  std::atomic<int> readings{0};
};

void wait_for(const std::atomic<int>& readings, int count) {
  while (readings < count) std::this_thread::sleep_for(milliseconds(1));
}

void expect_all_unknown(Sensors& sensors) {
  const SensorReading r = sensors.read();
  EXPECT_TRUE(std::isnan(r.sm_mhz) && std::isnan(r.mem_mhz) && std::isnan(r.power_w) &&
              std::isnan(r.temp_c) && std::isnan(r.energy_j));
  EXPECT_FALSE(r.reasons_known);
  for (const std::int64_t value :
       {std::int64_t{r.pcie_gen}, std::int64_t{r.pcie_width}, r.ecc_corrected, r.ecc_uncorrected,
        r.pcie_replays, std::int64_t{r.other_processes}}) {
    EXPECT_EQ(value, -1);
  }
  const CardFacts f = sensors.facts();
  EXPECT_EQ(f.serial + f.vbios_version + f.driver_version, "");
  EXPECT_TRUE(std::isnan(f.power_limit_w) && std::isnan(f.power_limit_default_w));
  for (const int value : {f.clock_app_mhz, f.persistence, f.mig_mode, f.mps, f.ecc_mode,
                          f.rows_remapped, f.pcie_gen_max, f.pcie_width_max, f.compute_mode}) {
    EXPECT_EQ(value, -1);
  }
}

TEST(Sensors, KnowNothingWithoutNvml) {
  setenv("CARDWISE_NVML_LIBRARY", "/nowhere/libnvidia-ml.so.1", 1);

  const auto sensors = open_sensors("GPU-00000000-0000-0000-0000-000000000000", "0000:17:00.0");

  ASSERT_NE(sensors, nullptr);
  expect_all_unknown(*sensors);
  EXPECT_EQ(nvml_version(), "");
  unsetenv("CARDWISE_NVML_LIBRARY");
}

TEST(Sensors, KnowNothingOfACardThatNobodyKnows) {
  const auto sensors = open_sensors("GPU-ca4d015e-0000-4000-8000-000000000000", "");

  expect_all_unknown(*sensors);
}

TEST(Telemetry, SamplesAtOnceAndStopsWithoutWaitingForTheInterval) {
  CountingSensors sensors;
  Telemetry telemetry(sensors, hours(1));

  telemetry.start();
  wait_for(sensors.readings, 1);
  telemetry.stop();

  const auto samples = telemetry.take();
  ASSERT_EQ(samples.size(), 1u);
  EXPECT_EQ(samples[0].sm_mhz, 1);
  EXPECT_GE(samples[0].seconds, 0);
  EXPECT_TRUE(std::isnan(samples[0].power_w));
}

TEST(Telemetry, KeepsSamplingAndHandsOverEachSampleOnce) {
  CountingSensors sensors;
  Telemetry telemetry(sensors, milliseconds(2));

  telemetry.start();
  wait_for(sensors.readings, 3);
  auto samples = telemetry.take();
  wait_for(sensors.readings, 6);
  telemetry.stop();
  for (const TelemetrySample& sample : telemetry.take()) samples.push_back(sample);

  ASSERT_GE(samples.size(), 6u);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].sm_mhz, static_cast<float>(i + 1));
    EXPECT_GT(samples[i].seconds, i > 0 ? samples[i - 1].seconds : 0);
  }
  EXPECT_TRUE(telemetry.take().empty());
}

TEST(Telemetry, CountsSecondsFromTheOriginItIsGiven) {
  CountingSensors sensors;
  Telemetry telemetry(sensors, hours(1));

  telemetry.start(std::chrono::steady_clock::now() - std::chrono::seconds(100));
  wait_for(sensors.readings, 1);
  telemetry.stop();

  EXPECT_GE(telemetry.take().at(0).seconds, 100);
}

TEST(Telemetry, StartsAgainAndStopsTwice) {
  CountingSensors sensors;
  Telemetry telemetry(sensors, hours(1));

  telemetry.start();
  telemetry.start();
  wait_for(sensors.readings, 1);
  telemetry.stop();
  telemetry.stop();
  telemetry.start();
  wait_for(sensors.readings, 2);
  telemetry.stop();

  EXPECT_EQ(telemetry.take().size(), 2u);
}

TEST(Telemetry, EndsItsThreadWhenItGoes) {
  CountingSensors sensors;
  {
    Telemetry telemetry(sensors, milliseconds(1));
    telemetry.start();
    wait_for(sensors.readings, 1);
  }
  const int readings = sensors.readings;
  std::this_thread::sleep_for(milliseconds(10));

  EXPECT_EQ(sensors.readings, readings);
}

}  // namespace
}  // namespace cardwise
