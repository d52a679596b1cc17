// SPDX-License-Identifier: Apache-2.0
// The alarms of a run: what plants the fault, and how one hears that it was noticed.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "app/main_job.hpp"

namespace cardwise {

/// What one rehearsal has brought to rank 0.
struct Heard {
  JobResult job;                   ///< code: as the process would have ended
  std::string refusal;             ///< why nothing was measured; "" otherwise
  std::vector<std::string> hangs;  ///< the watchdogs' words, by rank
};

/// Where a fault is planted, and what is known of the cards without one.
struct Scene {
  int rank = 0, ranks = 1;
  std::string host;  ///< of `rank`
  JobResult quiet;   ///< the same run without a fault
};

struct Alarm {
  const char* name;      ///< "low-bit"
  const char* fault;     ///< CARDWISE_FAULT's text behind "rank=R,"
  int code;              ///< exit code that must come
  int least_ranks;       ///< fewer cannot show it
  const char* expected;  ///< what must be heard, in words
  /// "" where it rang; else what is missing.
  std::string (*silent)(const Scene& scene, const Heard& heard);
};

/// In the order in which `cardwise selftest` rings them.
std::span<const Alarm> alarms();

}  // namespace cardwise
