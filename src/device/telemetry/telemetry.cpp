// SPDX-License-Identifier: Apache-2.0
// A thread that reads a card's sensors at 1 Hz.
#include "device/telemetry/telemetry.hpp"

#include <utility>

namespace cardwise {

using Clock = std::chrono::steady_clock;

Telemetry::Telemetry(Sensors& sensors, std::chrono::milliseconds interval)
    : sensors_(sensors), interval_(interval) {}

Telemetry::~Telemetry() { stop(); }

void Telemetry::start(Clock::time_point origin) {
  if (thread_.joinable()) return;
  stopping_ = false;
  thread_ = std::thread([this, origin] { run(origin); });
}

void Telemetry::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::vector<TelemetrySample> Telemetry::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(samples_, {});
}

void Telemetry::run(Clock::time_point origin) {
  Clock::time_point next = Clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();  // a reading takes milliseconds
    const SensorReading reading = sensors_.read();
    const double seconds = std::chrono::duration<double>(Clock::now() - origin).count();
    lock.lock();
    samples_.push_back({seconds, reading.sm_mhz, reading.power_w, reading.temp_c});
    next += interval_;  // a fixed grid: the reading's own time does not add up
    wake_.wait_until(lock, next, [this] { return stopping_; });
  }
}

}  // namespace cardwise
