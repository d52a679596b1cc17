// SPDX-License-Identifier: Apache-2.0
// The table of results: the widest layout that fits, families one after another.
#include "results/result_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/size_text.hpp"
#include "core/text.hpp"
#include "results/case_name.hpp"
#include "results/text_table.hpp"

namespace cardwise {
namespace {

constexpr std::size_t shortest_name = 16;

/// What a table of this width has room for.
struct Layout {
  bool sum = true, family = true, host = true, ceiling = true;
};
constexpr std::array layouts = {
    Layout{}, Layout{.sum = false}, Layout{.sum = false, .family = false},
    Layout{.sum = false, .family = false, .host = false},
    Layout{.sum = false, .family = false, .host = false, .ceiling = false}};

const std::vector<bool> right_sides = {false, true, true, true, true, true, true, false};

/// One line of the table; `after` stands below it, or alone where there are no cells.
struct Line {
  std::vector<std::string> cells;
  std::string name, after;
};

bool has_numbers(const CaseRow& row) {
  const bool kept = row.status == "ok" || row.status == "partial" || row.status == "implausible";
  return kept && std::isfinite(row.time_sync_median);
}

bool is_rate(const CaseRow& row) { return row.units == "B/s" || row.units == "FLOP/s"; }

/// "±0.2 %".
std::string interval_text(const CaseRow& row) {
  double half = row.ci_halfwidth;
  if (!std::isfinite(half)) half = (row.time_sync_hi - row.time_sync_lo) / 2 / row.time_sync_median;
  if (!std::isfinite(half)) return "-";
  const double percent = 100 * half;
  return fmt::format("±{:.{}f} %", percent, percent >= 9.95 ? 0 : percent >= 0.095 ? 1 : 2);
}

/// Of the median card: its work in its own time, whatever the slowest took.
std::string rate_of(const CaseRow& row) {
  if (!is_rate(row)) return "";
  const double bytes =
      std::isfinite(row.traffic_per_launch) ? row.traffic_per_launch : row.bytes_per_launch;
  const double work = row.units == "FLOP/s" ? row.flops_per_launch : bytes;
  const double time = std::isfinite(row.card_median) ? row.card_median : row.time_sync_median;
  return rate_text(work / time, row.units);
}

/// Of all cards in step, as a bulk-synchronous program gets it. Between ranks it has no meaning:
/// what one sends another receives.
std::string sum_of(const CaseRow& row) {
  const bool between = row.family == "exchange" || row.family == "collective";
  return is_rate(row) && row.ranks > 1 && !between ? rate_text(row.rate_sync, row.units) : "";
}

std::string percent_of(const CaseRow& row, double percent) {
  if (!is_rate(row)) return "";
  return std::isfinite(percent) ? fmt::format("{:.1f}", percent) : "-";
}

/// "rank 3 nid004 +4.1 %": of time, beside the median card.
std::string slowest_of(const CaseRow& row, std::span<const RankRow> ranks,
                       const SlowestCard& slowest, bool with_host) {
  if (row.ranks < 2 || slowest.rank < 0 || !std::isfinite(slowest.excess)) return "";
  const double percent = 100 * slowest.excess;
  const auto rank = std::size_t(slowest.rank);
  const std::string host = with_host && rank < ranks.size() && !ranks[rank].host.empty()
                               ? " " + truncate(one_line(ranks[rank].host), 20)
                               : "";
  return fmt::format("rank {}{} {:+.1f} %", rank, host, percent);
}

std::string status_of(const CaseRow& row) {
  const std::string text = one_line(row.status_text);
  return text.empty() ? row.status : fmt::format("{}: {}", row.status, text);
}

std::vector<std::string> title(const std::string& family, bool several, const Layout& layout) {
  return {family,
          "median",
          "95 %",
          "rate",
          layout.sum && several ? "all cards" : "",
          "% peak",
          layout.ceiling ? "% ceil" : "",
          several ? "slowest card" : ""};
}

/// Rows by family, families in the order in which they come.
std::vector<std::size_t> by_family(std::span<const CaseRow> cases) {
  std::vector<std::string> families;
  const auto place = [&](std::size_t i) {
    return std::find(families.begin(), families.end(), cases[i].family) - families.begin();
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (place(i) == std::ssize(families)) families.push_back(cases[i].family);
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  return order;
}

std::vector<Line> lines_of(std::span<const CaseRow> cases, std::span<const RankRow> ranks,
                           std::span<const SlowestCard> slowest, const Layout& layout) {
  const std::vector<std::string> names = case_names(cases, {.family = layout.family});
  const bool several =
      std::any_of(cases.begin(), cases.end(), [](const CaseRow& row) { return row.ranks > 1; });
  std::vector<Line> lines;
  const std::string* family = nullptr;
  for (const std::size_t i : by_family(cases)) {
    const CaseRow& row = cases[i];
    if (family == nullptr || *family != row.family)
      lines.push_back({.cells = title(row.family, several, layout), .name = "", .after = ""});
    family = &row.family;
    Line line{.cells = {}, .name = names[i], .after = row.status == "ok" ? "" : status_of(row)};
    if (has_numbers(row))
      line.cells = {names[i],
                    time_text(row.time_sync_median),
                    interval_text(row),
                    rate_of(row),
                    layout.sum ? sum_of(row) : "",
                    percent_of(row, row.pct_theoretical),
                    layout.ceiling ? percent_of(row, row.pct_ceiling) : "",
                    i < slowest.size() ? slowest_of(row, ranks, slowest[i], layout.host) : ""};
    else if (line.after.empty())
      line.after = "no number";
    lines.push_back(line);
  }
  return lines;
}

std::vector<Column> widths_of(const std::vector<Line>& lines) {
  std::vector<std::vector<std::string>> cells;
  for (const Line& line : lines)
    cells.push_back(line.cells.empty()
                        ? std::vector<std::string>{line.name, "", "", "", "", "", "", ""}
                        : line.cells);
  return columns_of(cells, right_sides);
}

std::string printed(const Line& line, std::span<const Column> columns, std::size_t width) {
  const auto cut = [&](const std::string& text) {
    return truncate(text, width > 0 ? width : 200) + "\n";
  };
  if (line.cells.empty())
    return cut(pad_right(truncate(line.name, columns[0].width), columns[0].width) + "  " +
               line.after);
  std::vector<std::string> cells = line.cells;
  cells[0] = truncate(cells[0], columns[0].width);
  return table_line(cells, columns) + (line.after.empty() ? "" : cut("  " + line.after));
}

std::string legend(std::span<const CaseRow> cases, std::size_t width) {
  const bool several =
      std::any_of(cases.begin(), cases.end(), [](const CaseRow& row) { return row.ranks > 1; });
  const std::string text = fmt::format(
      "{}; % peak: of data sheet; % ceil: of copy or triad, fma_peak, pinned copies here; "
      "-: unknown",
      several
          ? "median, all cards: in step; rate: median card; slowest card: its time to the median's"
          : "median: a launch");
  return wrapped(text, width, 0);
}

}  // namespace

std::string result_table(std::span<const CaseRow> cases, std::span<const RankRow> ranks,
                         std::span<const SlowestCard> slowest, int width) {
  if (cases.empty()) return "";
  const auto limit = std::size_t(std::max(width, 0));
  std::vector<Line> lines;
  std::vector<Column> columns;
  for (const Layout& layout : layouts) {
    lines = lines_of(cases, ranks, slowest, layout);
    columns = widths_of(lines);
    if (limit == 0 || table_width(columns) <= limit) break;
  }
  if (const std::size_t needed = table_width(columns); limit > 0 && needed > limit) {
    const std::size_t over = std::min(needed - limit, columns[0].width);
    const std::size_t least = std::min(columns[0].width, shortest_name);
    columns[0].width = std::max(columns[0].width - over, least);
  }
  std::string text;
  for (const Line& line : lines) {
    const bool is_title = line.name.empty();
    if (is_title && !text.empty()) text += "\n";
    text += printed(line, columns, limit);
  }
  return text + "\n" + legend(cases, limit);
}

}  // namespace cardwise
