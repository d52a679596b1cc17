// SPDX-License-Identifier: Apache-2.0
// The last line of a run: where its time went, and what became of its cases.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/size_text.hpp"
#include "core/text.hpp"
#include "results/result_table.hpp"

namespace cardwise {
namespace {

std::string share(double seconds, double wall_s) {
  const double percent = 100 * seconds / wall_s;
  return percent > 0 && percent < 0.5 ? "< 1 %" : fmt::format("{:.0f} %", percent);
}

}  // namespace

std::string summary_line(std::span<const CaseRow> cases, const TimeSpent& spent) {
  std::vector<std::string> parts;
  if (spent.wall_s > 0) {
    parts.push_back(std::isfinite(spent.timed_s)
                        ? fmt::format("measured {} of {}", share(spent.timed_s, spent.wall_s),
                                      duration_text(spent.wall_s))
                        : "took " + duration_text(spent.wall_s));
    std::vector<std::string> costs;
    const auto add = [&](const char* what, double seconds) {
      if (std::isfinite(seconds))
        costs.push_back(fmt::format("{} {}", what, share(seconds, spent.wall_s)));
    };
    add("set-up and compilers", spent.set_up_s);
    add("verification", spent.verify_s);
    add("warm-up", spent.warm_up_s);
    add("reductions", spent.agree_s);
    add("gather and file", spent.file_s);
    if (!costs.empty()) parts.push_back(join(costs, ", "));
  }
  struct Kind {
    const char *status, *words;
  };
  std::vector<std::string> counts;
  for (const Kind kind :
       {Kind{"ok", "ok"}, Kind{"partial", "partial"}, Kind{"skipped", "skipped"},
        Kind{"planned", "not begun"}, Kind{"implausible", "implausible"}, Kind{"failed", "failed"},
        Kind{"wrong", "wrong"}}) {
    const auto count = std::count_if(cases.begin(), cases.end(), [&](const CaseRow& row) {
      return row.status == kind.status;
    });
    if (count > 0 || counts.empty()) counts.push_back(fmt::format("{} {}", count, kind.words));
  }
  parts.push_back(join(counts, ", "));
  return join(parts, "; ");
}

}  // namespace cardwise
