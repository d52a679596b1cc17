// SPDX-License-Identifier: Apache-2.0
// What all tables on the console share: columns that line up, broken lines, harmless foreign text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cardwise {

/// The first line that holds something, its control characters made spaces: a driver's message or a
/// build log can neither steer the terminal nor break a table.
std::string one_line(std::string_view text);

/// Broken at spaces into lines of at most `width` columns (0: no limit; longer words stand alone),
/// those after the first indented. Ends in a newline.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

/// "1 case", "2 cases".
std::string many(std::size_t count, std::string_view word);

/// How a column stands: its width, and on which side its cells are filled up. Width 0: left out.
struct Column {
  std::size_t width = 0;
  bool right = false;
};

/// Widths of the columns that hold all of `lines` (each with as many cells as `right` has).
std::vector<Column> columns_of(std::span<const std::vector<std::string>> lines,
                               const std::vector<bool>& right);

/// One line of the table, two spaces between columns, nothing at its end but a newline.
std::string table_line(std::span<const std::string> cells, std::span<const Column> columns);

/// Columns on the screen that a full line takes.
std::size_t table_width(std::span<const Column> columns);

}  // namespace cardwise
