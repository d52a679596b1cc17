// SPDX-License-Identifier: Apache-2.0
// The sensors of a card that nobody can ask.
#include "device/telemetry/sensors.hpp"

namespace cardwise {
namespace {

class UnknownSensors final : public Sensors {
 public:
  SensorReading read() noexcept override { return {}; }
  CardFacts facts() override { return {}; }
};

}  // namespace

std::unique_ptr<Sensors> unknown_sensors() { return std::make_unique<UnknownSensors>(); }

}  // namespace cardwise
