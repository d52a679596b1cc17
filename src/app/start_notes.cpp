// SPDX-License-Identifier: Apache-2.0
// Events of the start.
#include "app/start_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "app/recorded_environment.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

EventRow event_now(const char* severity, const char* code, std::string text) {
  return {.utc_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                        std::chrono::system_clock::now().time_since_epoch())
                        .count(),
          .severity = severity,
          .code = code,
          .text = std::move(text)};
}

}  // namespace

void note_missing_api(const Options& options, Start& s) {
  if (!options.backends.empty()) return;
  int count = 0;
  const RankRow* first = nullptr;
  for (const RankRow& row : s.ranks) {
    const bool one = row.backends == "cuda" || row.backends == "opencl";
    if (!one || row.device_vendor.find("NVIDIA") == std::string::npos) continue;
    if (first == nullptr) first = &row;
    ++count;
  }
  if (first == nullptr) return;
  const bool no_opencl = first->backends == "cuda";
  s.events.push_back(event_now(
      "warning", "one_api",
      fmt::format("{} of {} cards are seen through {} only, first {} on {}: {}", count,
                  s.ranks.size(), first->backends, first->identity, first->host,
                  no_opencl
                      ? "no OpenCL platform shows them. Under mpirun try HWLOC_COMPONENTS=-opencl; "
                        "compare `cardwise devices` there"
                      : "the CUDA driver does not show them; `cardwise devices` says why")));
}

void note_interposers(Start& s) {
  const std::vector<std::string> found = interposers();
  if (found.empty()) return;
  s.events.push_back(event_now(
      "warning", "interposed",
      fmt::format("a library stands between cardwise and a driver and can change results: {}",
                  join(found, ", "))));
}

void note_unseen_backends(const Options& options, Start& s) {
  for (const std::string& name : options.backends)
    if (std::find(s.backends.begin(), s.backends.end(), name) == s.backends.end())
      s.events.push_back(event_now(
          "warning", "backend_unseen",
          fmt::format("--backend {}: no rank's card is seen through it, nothing is measured there; "
                      "'cardwise devices' says why",
                      name)));
}

void note_planted_faults(Start& s) {
  const char* planted = std::getenv("CARDWISE_FAULT");
  if (planted == nullptr) return;
  s.events.push_back(event_now(
      "warning", "planted_fault",
      fmt::format("faults are planted on purpose (CARDWISE_FAULT={}): this is no measurement",
                  planted)));
}

}  // namespace cardwise
