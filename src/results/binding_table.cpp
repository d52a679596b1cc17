// SPDX-License-Identifier: Apache-2.0
// The binding table: columns as wide as what they hold, long runs cut to what tells.
#include "results/binding_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "core/text.hpp"

namespace cardwise {
namespace {

using Line = std::array<std::string, 6>;

constexpr std::size_t widest_card = 32, widest_cpus = 32;

bool is_wrong(const RankRow& row) {
  return row.identity.empty() || row.shared != 0 || row.numa_match == 0;
}

/// Real cards by name alone; whatever is none says so.
std::string card_cell(const RankRow& row) {
  if (row.identity.empty()) return "none";
  std::string name = truncate(row.device_name, widest_card);
  if (row.device_class == "cpu" || row.device_class == "emulated")
    name += fmt::format(" [{}]", row.device_class);
  if (row.shared != 0) name += " [shared]";
  return name;
}

/// The card's NUMA node, and the CPUs' where it is another.
std::string numa_cell(const RankRow& row) {
  const std::string card = row.device_numa < 0 ? "-" : std::to_string(row.device_numa);
  if (row.numa_match != 0) return card;
  return row.cpu_numa < 0 ? card + " != CPUs" : fmt::format("{} != {}", card, row.cpu_numa);
}

Line line_of(std::span<const RankRow> rows, std::size_t rank) {
  const RankRow& row = rows[rank];
  return {std::to_string(rank), row.host,
          card_cell(row),       row.identity.empty() ? row.status_text : row.identity,
          numa_cell(row),       row.cpu_mask.empty() ? "-" : truncate(row.cpu_mask, widest_cpus)};
}

/// Ranks to print, in order.
std::vector<std::size_t> chosen(std::span<const RankRow> rows, std::size_t limit) {
  std::set<std::size_t> ranks;
  const auto add = [&](std::size_t r) {
    if (ranks.size() < limit) ranks.insert(r);
  };
  for (std::size_t r = 0; r < rows.size(); ++r)
    if (rows.size() <= limit || is_wrong(rows[r])) add(r);
  std::set<std::int32_t> nodes;
  for (std::size_t r = 0; r < rows.size(); ++r)
    if (nodes.insert(rows[r].node).second) add(r);
  return {ranks.begin(), ranks.end()};
}

/// "936 more ranks; all 1000 on 250 nodes: 1000 x NVIDIA A100-SXM4-40GB".
std::string sum_text(std::span<const RankRow> rows, std::size_t shown) {
  std::set<std::int32_t> nodes;
  std::map<std::string, std::size_t> models;
  for (const RankRow& row : rows) {
    nodes.insert(row.node);
    ++models[row.identity.empty() ? "no card" : row.device_name];
  }
  std::string text = fmt::format(
      "… {} more ranks (all in /ranks of the file); {} on {} node{}:", rows.size() - shown,
      rows.size(), nodes.size(), nodes.size() == 1 ? "" : "s");
  const char* separator = " ";
  for (const auto& [model, count] : models) {
    text += fmt::format("{}{} x {}", separator, count, model);
    separator = ", ";
  }
  return text + "\n";
}

}  // namespace

std::string binding_table(std::span<const RankRow> rows, std::size_t limit) {
  std::vector<Line> lines = {{"rank", "host", "card", "identity", "NUMA", "CPUs"}};
  for (std::size_t r : chosen(rows, limit)) lines.push_back(line_of(rows, r));

  std::array<std::size_t, 6> width{};
  for (const Line& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c)
      width[c] = std::max(width[c], display_width(line[c]));

  std::string text;
  for (const Line& line : lines) {
    std::string row = pad_left(line[0], width[0]);
    for (std::size_t c = 1; c < line.size(); ++c)
      row += "  " + (c + 1 < line.size() ? pad_right(line[c], width[c]) : line[c]);
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  const std::size_t shown = lines.size() - 1;
  if (shown < rows.size()) text += sum_text(rows, shown);
  return text;
}

}  // namespace cardwise
