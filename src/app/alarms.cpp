// SPDX-License-Identifier: Apache-2.0
// Each alarm's fault, and the words that a user would have to find without knowing of it.
#include "app/alarms.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cardwise {
namespace {

std::string who(const Scene& scene) { return fmt::format("rank {} on {}", scene.rank, scene.host); }

/// Every case of the benchmark, through each API, ended so and its text holds all words.
std::string cases_end(const Heard& heard, const std::string& benchmark, const std::string& status,
                      const std::vector<std::string>& words) {
  bool any = false;
  for (const CaseRow& row : heard.job.rows) {
    if (row.benchmark != benchmark) continue;
    any = true;
    if (row.status != status) return fmt::format("{} is {}", row.case_key, row.status);
    for (const std::string& word : words)
      if (row.status_text.find(word) == std::string::npos)
        return fmt::format("{} does not say '{}' but: {}", row.case_key, word, row.status_text);
  }
  return any ? "" : "no case of " + benchmark;
}

std::string wrong_is_silent(const Scene& scene, const Heard& heard) {
  return cases_end(heard, "saxpy", "wrong", {who(scene), "expected", "found"});
}

std::string low_bit_is_silent(const Scene& scene, const Heard& heard) {
  // Of two that differ nobody is the culprit; both are said.
  return cases_end(heard, "gemm", "wrong", {who(scene), "within the tolerance"});
}

std::string error_is_silent(const Scene& scene, const Heard& heard) {
  return cases_end(heard, "saxpy", "failed", {who(scene), "planted fault: error in launch"});
}

std::string lost_is_silent(const Scene& scene, const Heard& heard) {
  const bool said =
      std::any_of(heard.job.rows.begin(), heard.job.rows.end(), [&](const CaseRow& r) {
        return r.status == "failed" && r.status_text.find(who(scene)) != std::string::npos &&
               r.status_text.find("device lost") != std::string::npos;
      });
  return said ? "" : "no case names the lost card";
}

std::string hang_is_silent(const Scene& scene, const Heard& heard) {
  const std::string& words = heard.hangs[std::size_t(scene.rank)];
  if (words.empty()) return "the watchdog of " + who(scene) + " says nothing";
  for (const std::string& word : {who(scene), std::string("case mem/saxpy"), std::string("step ")})
    if (words.find(word) == std::string::npos)
      return fmt::format("the watchdog does not say '{}' but: {}", word, words);
  return "";
}

std::string slow_is_silent(const Scene& scene, const Heard& heard) {
  for (std::size_t i = 0; i < heard.job.rows.size(); ++i) {
    const CaseRow& row = heard.job.rows[i];
    if (row.benchmark != "saxpy") continue;
    if (row.status != "ok") return fmt::format("{} is {}", row.case_key, row.status);
    if (scene.ranks > 1) {  // a figure beside its peers'
      if (heard.job.slowest[i] != scene.rank)
        return fmt::format("{}: the slowest card is rank {}", row.case_key, heard.job.slowest[i]);
      // Of two cards the median lies between them.
      if (heard.job.slowest_excess[i] < (scene.ranks == 2 ? 0.3 : 0.7))
        return fmt::format("{}: only {:.0f} % slower", row.case_key,
                           100 * heard.job.slowest_excess[i]);
    } else if (row.time_sync_median < 1.7 * scene.quiet.rows[i].time_sync_median) {
      return fmt::format("{}: {:.2f} times as long as without the fault", row.case_key,
                         row.time_sync_median / scene.quiet.rows[i].time_sync_median);
    }
  }
  return "";
}

std::string same_card_is_silent(const Scene& scene, const Heard& heard) {
  const int other = scene.rank == 0 ? 1 : 0;
  for (const int rank : {scene.rank, other})
    if (heard.refusal.find(fmt::format("rank {}", rank)) == std::string::npos &&
        heard.refusal.find(fmt::format("ranks {}", rank)) == std::string::npos &&
        heard.refusal.find(fmt::format("and {}", rank)) == std::string::npos)
      return fmt::format("the refusal does not name rank {}: {}", rank, heard.refusal);
  return "";
}

constexpr Alarm all[] = {
    {"slow", "kind=slow,factor=3,entry=cw_saxpy", 0, 1, "saxpy's slowest card is that one",
     slow_is_silent},
    {"wrong", "kind=bit,entry=cw_saxpy", 1, 1, "saxpy is wrong, with index and values",
     wrong_is_silent},
    {"low-bit", "kind=bit,entry=cw_gemm,step=measure", 1, 2,
     "gemm is wrong: outvoted within the tolerance", low_bit_is_silent},
    {"zero", "kind=zero,entry=cw_saxpy", 1, 1, "saxpy is wrong, with index and values",
     wrong_is_silent},
    {"constant", "kind=constant,entry=cw_saxpy", 1, 1, "saxpy is wrong, with index and values",
     wrong_is_silent},
    {"nan", "kind=nan,entry=cw_saxpy", 1, 1, "saxpy is wrong, with index and values",
     wrong_is_silent},
    {"hang", "kind=hang,entry=cw_saxpy,step=measure", 4, 1,
     "the watchdog names rank, host, case and step", hang_is_silent},
    {"error", "kind=error,entry=cw_saxpy,step=measure", 1, 1, "saxpy is failed on all ranks",
     error_is_silent},
    {"lost", "kind=lost,entry=cw_saxpy,step=measure", 3, 1, "the run ends: device lost",
     lost_is_silent},
    {"same-card", "kind=same-card", 3, 2, "refused before anything is measured",
     same_card_is_silent},
};

}  // namespace

std::span<const Alarm> alarms() { return all; }

}  // namespace cardwise
