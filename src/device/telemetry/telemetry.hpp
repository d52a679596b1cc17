// SPDX-License-Identifier: Apache-2.0
// A thread that reads a card's sensors at 1 Hz.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "device/telemetry/sensors.hpp"

namespace cardwise {

/// One line of /telemetry.
struct TelemetrySample {
  double seconds;  ///< since the origin given to start()
  float sm_mhz, power_w, temp_c;
};

/// Samples until stopped, the first at once. The sensors must live as long.
class Telemetry {
 public:
  explicit Telemetry(Sensors& sensors,
                     std::chrono::milliseconds interval = std::chrono::seconds(1));
  ~Telemetry();
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;

  /// Does nothing if it runs already.
  void start(std::chrono::steady_clock::time_point origin = std::chrono::steady_clock::now());
  /// Returns when the thread has ended; it does not wait for the interval.
  void stop();
  /// Hands over the samples since the last call; also while it runs.
  std::vector<TelemetrySample> take();

 private:
  void run(std::chrono::steady_clock::time_point origin);

  Sensors& sensors_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;  // guards stopping_ and samples_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::vector<TelemetrySample> samples_;
  std::thread thread_;
};

}  // namespace cardwise
