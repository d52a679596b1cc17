// SPDX-License-Identifier: Apache-2.0
// What all visits of a rank share: ranks, card, sensors, limits, and what the harness costs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/record.hpp"
#include "device/device.hpp"
#include "device/telemetry/sensors.hpp"
#include "ranks/comm.hpp"
#include "ranks/watchdog.hpp"
#include "run/benchmark.hpp"
#include "run/variant.hpp"

namespace cardwise {

class RunLoop;
class References;

/// This rank's card through one API.
struct OpenDevice {
  std::unique_ptr<Device> device;
  std::unique_ptr<Queue> queue, second_queue, untimed_queue;
  std::vector<std::unique_ptr<Queue>> replica_queues = {};
  std::int64_t open_ns = -1;
  std::map<std::string, std::int64_t> image_load_ns = {};  ///< by variant
  /// Pinned memory is kept from visit to visit: pinning 256 MiB takes longer than a block of
  /// copies.
  std::vector<std::unique_ptr<Buffer>> spare_pinned;
};

/// Times of a profile (methodology §2.3, §2.4), in seconds.
struct Limits {
  double device_window = 4e-3, host_window = 1e-3;
  double warm_up_min = 0.1, warm_up_max = 2.0;  ///< of the first visit
  double warm_up_later = 0.3;                   ///< at most, later
};

/// Limits of a level (0 quick, 1 standard, 2 full).
Limits limits_of(int level);

/// Where rank 0's time went, in seconds.
struct Costs {
  double timed_s = 0, agree_s = 0, verify_s = 0, gather_s = 0, write_s = 0, warm_up_s = 0,
         set_up_s = 0;
};

struct RunContext {
  const Comm& comm;
  Watchdog& watchdog;
  RunLoop& loop;
  References& references;
  std::map<std::string, OpenDevice> devices = {};  ///< by backend; empty: a member without a card
  std::unique_ptr<Sensors> sensors = unknown_sensors();
  Sizes sizes = {};
  Limits limits = {};
  Variants variants = {};  ///< beside the embedded text, or in its place
  std::map<std::string, std::shared_ptr<const ImageCode>> ptx = {};  ///< by hash of text, defines
  std::uint64_t nonces = 0;  ///< how many the checks have used
  std::string host = {};
  std::string card = {};                       ///< identity of this rank's card; "" none
  int link_gen_max = -1, link_width_max = -1;  ///< PCIe of card and slot; -1 unknown
  int threads = 1;                             ///< for the host's references
  double host_tick_ns = 1;
  bool missing = false;                                         ///< --allow-missing, and no card
  bool host_is_card = false;  ///< the card is the node's CPUs, and this rank is alone on them
  std::function<bool()> stop = [] { return false; };            ///< a signal has come
  std::function<bool()> checkpoint_due = [] { return false; };  ///< rank 0 only
  Costs costs = {};
  int visits = 0;           ///< that this rank has begun
  int verify_failures = 0;  ///< blocks of this rank whose data were wrong

  /// "rank 1 on node7 (GPU-…)", as every text that says who begins.
  std::string who() const;
  /// Collective: agree, timed, with this rank's stop and checkpoint marks.
  Health agree(std::span<double> slowest, Health mine);
  /// After any agree: the marks that all ranks know of.
  bool stop_agreed = false, checkpoint_agreed = false, lost_agreed = false;
};

/// Adds the seconds of its life to a cost.
class CostTimer {
 public:
  explicit CostTimer(double& cost) : cost_(cost) {}
  ~CostTimer() {
    cost_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  CostTimer(const CostTimer&) = delete;
  CostTimer& operator=(const CostTimer&) = delete;

 private:
  double& cost_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace cardwise
