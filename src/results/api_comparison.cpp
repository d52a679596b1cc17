// SPDX-License-Identifier: Apache-2.0
// OpenCL or CUDA? The same operation through both, side by side.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "core/size_text.hpp"
#include "core/text.hpp"
#include "results/case_name.hpp"
#include "results/result_table.hpp"
#include "results/text_table.hpp"

namespace cardwise {
namespace {

/// The key without its API: what the two have in common.
std::string operation_of(const CaseRow& row) {
  std::string key = row.case_key;
  const std::string backend = "backend=" + row.backend;
  const std::size_t at = key.find(backend);
  return at == std::string::npos ? key : key.erase(at, backend.size());
}

struct Pair {
  const CaseRow *opencl = nullptr, *cuda = nullptr;
};

/// Pairs in the order of their first case.
std::vector<Pair> pairs_of(std::span<const CaseRow> cases) {
  std::vector<Pair> pairs;
  std::map<std::string, std::size_t> known;
  for (const CaseRow& row : cases) {
    if (row.status != "ok" || !(row.time_sync_median > 0)) continue;
    const auto [place, added] = known.try_emplace(operation_of(row), pairs.size());
    if (added) pairs.emplace_back();
    if (row.backend == "opencl") pairs[place->second].opencl = &row;
    if (row.backend == "cuda") pairs[place->second].cuda = &row;
  }
  std::erase_if(pairs, [](const Pair& p) { return p.opencl == nullptr || p.cuda == nullptr; });
  return pairs;
}

/// A ratio of times that nobody would choose an API for.
constexpr double equal = 0.01;

std::string percent(double share) {
  const double value = 100 * share;
  return fmt::format("{:.{}f} %", value, value >= 9.95 ? 0 : value >= 0.095 ? 1 : 2);
}

/// In the words of `cardwise-report show`; `ratio`: OpenCL's time over CUDA's.
std::string verdict(double ratio, double lo, double hi) {
  if (!std::isfinite(lo) || !std::isfinite(hi) || lo <= 0) return "";
  if (lo >= 1 - equal && hi <= 1 + equal) return fmt::format("equal within {:.0f} %", 100 * equal);
  if (lo <= 1 && hi >= 1) return "no difference seen";
  const char* name = lo > 1 ? "CUDA" : "OpenCL";
  const double longer = lo > 1 ? ratio : 1 / ratio;
  if (longer >= 2)
    return fmt::format("{} {:.{}f} times as fast", name, longer, longer < 9.95 ? 1 : 0);
  return fmt::format("{} faster by {}", name, percent(longer - 1));
}

std::vector<std::string> cells_of(const Pair& pair) {
  const CaseRow &o = *pair.opencl, &c = *pair.cuda;
  const double lo = o.time_sync_lo / c.time_sync_hi, hi = o.time_sync_hi / c.time_sync_lo;
  const double ratio = o.time_sync_median / c.time_sync_median;
  const bool known = std::isfinite(lo) && std::isfinite(hi);
  const bool other_text = !o.kernel_sha256.empty() && !c.kernel_sha256.empty() &&
                          o.kernel_sha256 != c.kernel_sha256;
  return {case_name(o.case_key, {.backend = false}),
          time_text(o.time_sync_median),
          time_text(c.time_sync_median),
          fmt::format("{:.3f}", ratio),
          known ? fmt::format("{:.3f} .. {:.3f}", lo, hi) : "-",
          verdict(ratio, lo, hi) + (other_text ? " (other kernel text)" : "")};
}

}  // namespace

std::string api_comparison(std::span<const CaseRow> cases, int width) {
  const std::vector<Pair> pairs = pairs_of(cases);
  if (pairs.empty()) return "";
  std::vector<std::vector<std::string>> lines = {
      {"OpenCL against CUDA", "OpenCL", "CUDA", "ratio", "95 % interval", ""}};
  for (const Pair& pair : pairs) lines.push_back(cells_of(pair));
  const std::vector<bool> right = {false, true, true, true, true, false};
  std::vector<Column> columns = columns_of(lines, right);
  const auto limit = std::size_t(std::max(width, 0));
  if (const std::size_t needed = table_width(columns); limit > 0 && needed > limit) {
    const std::size_t least = std::min<std::size_t>(columns[0].width, 19);  // the title's
    columns[0].width = std::max(least, columns[0].width - std::min(columns[0].width, needed - limit));
  }
  std::string text;
  for (std::vector<std::string>& line : lines) {
    line[0] = truncate(line[0], columns[0].width);
    text += table_line(line, columns);
  }
  return text;
}

}  // namespace cardwise
