// SPDX-License-Identifier: Apache-2.0
// The end of a run on rank 0.
#include "app/ending.hpp"

#include <algorithm>

#include "core/options.hpp"
#include "results/result_table.hpp"
#include "run/context.hpp"
#include "run/plan.hpp"
#include "run/rounds.hpp"
#include "run/summary.hpp"

namespace cardwise {

void settle(std::span<PlannedCase> cases, std::span<const Digest> digests,
            std::span<RankRow> ranks, const std::function<void(const CaseRow&)>& failed) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string before = cases[i].row.status;
    summarise(cases[i], digests[i], ranks);
    if (before != "failed" && cases[i].row.status == "failed") failed(cases[i].row);
  }
  // Twice: what is implausible must not become a ceiling.
  for (std::size_t i = 0; i < cases.size(); ++i) set_percentages(cases[i], digests[i], ranks);
  set_ceilings(cases, digests, ranks);
  for (std::size_t i = 0; i < cases.size(); ++i) set_percentages(cases[i], digests[i], ranks);
}

std::vector<KernelRow> kernels_of(std::span<const PlannedCase> cases) {
  std::vector<KernelRow> kernels;
  for (const PlannedCase& planned : cases)
    for (const KernelRow& kernel : planned.kernels)
      if (std::none_of(kernels.begin(), kernels.end(),
                       [&](const KernelRow& k) { return k.sha256 == kernel.sha256; }))
        kernels.push_back(kernel);
  return kernels;
}

int exit_code_of(RoundsEnd end, std::span<const PlannedCase> cases,
                 std::span<const RankRow> ranks) {
  int code = 0;
  for (const PlannedCase& planned : cases)
    if (planned.row.status == "failed" || planned.row.status == "wrong" ||
        planned.row.status == "implausible")
      code = int(ExitCode::bad_case);
  if (end == RoundsEnd::card_lost) code = int(ExitCode::binding);
  for (const RankRow& row : ranks)
    if (!row.status_text.empty()) code = std::max(code, int(ExitCode::binding));
  if (end == RoundsEnd::signal) code = int(ExitCode::ended_early);
  return code;
}

void print_cases(Console& console, std::span<const PlannedCase> cases,
                 std::span<const Digest> digests, std::span<const RankRow> ranks,
                 std::span<const EventRow> events, const Costs& costs, double wall_s) {
  std::vector<CaseRow> rows;
  std::vector<SlowestCard> slowest;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    rows.push_back(cases[i].row);
    const Slowest s = slowest_card(digests[i]);
    slowest.push_back({.rank = s.rank, .excess = s.excess});
  }
  console.line(result_table(rows, ranks, slowest, console.width()));
  if (const std::string apis = api_comparison(rows, console.width()); !apis.empty())
    console.line(apis);
  if (const std::string text = warnings(events, ranks, rows); !text.empty()) console.line(text);
  console.line(summary_line(rows, {.wall_s = wall_s,
                                   .timed_s = costs.timed_s,
                                   .verify_s = costs.verify_s,
                                   .warm_up_s = costs.warm_up_s,
                                   .agree_s = costs.agree_s,
                                   .file_s = costs.gather_s + costs.write_s,
                                   .set_up_s = costs.set_up_s}));
}

}  // namespace cardwise
