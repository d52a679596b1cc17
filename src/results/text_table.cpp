// SPDX-License-Identifier: Apache-2.0
// Tables by display width; foreign text is made one harmless line.
#include "results/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"

namespace cardwise {
namespace {

constexpr std::size_t gap = 2;

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

std::string without_end_spaces(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string one_line(std::string_view text) {
  for (const std::string& part : split(text, '\n')) {
    std::string line = part;
    std::replace_if(line.begin(), line.end(), is_control, ' ');
    line.erase(0, line.find_first_not_of(' '));
    if (line = without_end_spaces(line); !line.empty()) return line;
  }
  return "";
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string lines, line;
  for (const std::string& word : split(text, ' ')) {
    const bool fits = width == 0 || display_width(line) + 1 + display_width(word) <= width;
    if (line.find_first_not_of(' ') == std::string::npos) {
      line += word;
    } else if (fits) {
      line += " " + word;
    } else {
      lines += line + "\n";
      line = std::string(indent, ' ') + word;
    }
  }
  return lines + line + "\n";
}

std::string many(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::vector<Column> columns_of(std::span<const std::vector<std::string>> lines,
                               const std::vector<bool>& right) {
  std::vector<Column> columns;
  for (const bool side : right) columns.push_back({.width = 0, .right = side});
  for (const std::vector<std::string>& line : lines)
    for (std::size_t c = 0; c < columns.size(); ++c)
      columns[c].width = std::max(columns[c].width, display_width(line[c]));
  return columns;
}

std::string table_line(std::span<const std::string> cells, std::span<const Column> columns) {
  std::string line;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].width == 0) continue;
    if (!line.empty()) line += std::string(gap, ' ');
    line += columns[c].right ? pad_left(cells[c], columns[c].width)
                             : pad_right(cells[c], columns[c].width);
  }
  return without_end_spaces(line) + "\n";
}

std::size_t table_width(std::span<const Column> columns) {
  std::size_t width = 0;
  for (const Column& column : columns)
    if (column.width > 0) width += column.width + (width > 0 ? gap : 0);
  return width;
}

}  // namespace cardwise
