// SPDX-License-Identifier: Apache-2.0
// Suggestions by edit distance, columns by UTF-8 code points, UTC by the civil calendar.
#include "core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace cardwise {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// Edits (insert, delete, replace, swap two neighbours) that make b of a.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  const std::size_t columns = b.size() + 1;
  std::vector<std::size_t> table((a.size() + 1) * columns);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return table[i * columns + j];
  };
  for (std::size_t i = 0; i <= a.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = at(i - 1, j - 1) + (a[i - 1] != b[j - 1]);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(a.size(), b.size());
}

// What one step through a text passes: bytes and the columns they fill.
struct Glyph {
  std::size_t bytes, columns;
};

// Columns of a code point. Not all of Unicode's tables: what host names, card names and our own
// tables can hold.
std::size_t columns_of(std::uint32_t code) {
  struct Range {
    std::uint32_t first, last;
  };
  constexpr std::array none = {Range{0x300, 0x36F}, Range{0x1AB0, 0x1AFF}, Range{0x200B, 0x200F},
                               Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}};
  constexpr std::array wide = {
      Range{0x1100, 0x115F}, Range{0x2E80, 0xA4CF},   Range{0xAC00, 0xD7A3},
      Range{0xF900, 0xFAFF}, Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},
      Range{0xFFE0, 0xFFE6}, Range{0x1F300, 0x1FAFF}, Range{0x20000, 0x3FFFD}};
  const auto holds = [&](Range range) { return range.first <= code && code <= range.last; };
  if (code < 0x20 || code == 0x7F || std::any_of(none.begin(), none.end(), holds)) return 0;
  return std::any_of(wide.begin(), wide.end(), holds) ? 2 : 1;
}

Glyph first_glyph(std::string_view text) {
  if (text.substr(0, 2) == "\x1b[") {  // a colour: no columns up to its final letter
    const std::size_t end = text.find_first_of("ABCDEFGHJKSTfmnsu", 2);
    return {.bytes = end == std::string_view::npos ? text.size() : end + 1, .columns = 0};
  }
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {.bytes = 1, .columns = columns_of(lead)};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (length == 0 || length > text.size()) return {.bytes = 1, .columns = 0};
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {.bytes = i, .columns = 0};
    code = code << 6 | (byte & 0x3Fu);
  }
  return {.bytes = length, .columns = columns_of(code)};
}

std::string utc(std::chrono::system_clock::time_point time, const char* layout) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - days));
  return fmt::format(fmt::runtime(layout), static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace

std::string closest(std::string_view word, std::span<const std::string> candidates) {
  const std::string wanted = lower(word);
  const std::size_t letters =
      wanted.size() - std::min(wanted.size(), wanted.find_first_not_of('-'));
  const std::size_t allowed = letters < 2 ? 0 : std::clamp<std::size_t>((letters + 1) / 3, 1, 3);
  std::string best;
  std::size_t best_distance = allowed + 1;
  for (const std::string& candidate : candidates) {
    const std::string offered = lower(candidate);
    // "stand" is far from "standard" by edits, but it is how people abbreviate.
    const bool abbreviated = letters >= 2 && offered.substr(0, wanted.size()) == wanted;
    const std::size_t distance =
        std::min(edit_distance(wanted, offered), abbreviated ? std::size_t{1} : best_distance);
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    std::string_view part = text.substr(start, end - start);
    part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
    part = part.substr(0, part.find_last_not_of(" \t") + 1);
    parts.emplace_back(part);
    start = end + 1;
  }
  return parts;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts.begin(), parts.end(), separator));
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string pad_right(std::string_view text, std::size_t width) {
  const std::size_t columns = display_width(text);
  return std::string(text) + std::string(width > columns ? width - columns : 0, ' ');
}

std::string pad_left(std::string_view text, std::size_t width) {
  const std::size_t columns = display_width(text);
  return std::string(width > columns ? width - columns : 0, ' ') + std::string(text);
}

std::string truncate(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string kept;
  std::size_t columns = 0;
  bool cut = width == 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    if (!cut && glyph.columns > 0 && columns + glyph.columns > width - 1) kept += "…", cut = true;
    // A colour is kept behind the cut too: its end must reach the terminal.
    if (!cut || text.front() == '\x1b') kept += text.substr(0, glyph.bytes);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return kept;
}

std::string iso_utc(std::chrono::system_clock::time_point time) {
  return utc(time, "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z");
}

std::string file_stamp_utc(std::chrono::system_clock::time_point time) {
  return utc(time, "{:04}{:02}{:02}T{:02}{:02}{:02}Z");
}

}  // namespace cardwise
