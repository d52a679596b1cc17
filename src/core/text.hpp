// SPDX-License-Identifier: Apache-2.0
// Text for people: suggestions, columns that line up, time stamps.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/size_text.hpp"

namespace cardwise {

/// The candidate that `word` most probably was meant to be (edit distance with swaps, case
/// ignored), or "" where none is near enough. Equal distances: the first.
std::string closest(std::string_view word, std::span<const std::string> candidates);

/// The parts between separators, spaces around them removed; empty parts are kept, so that the
/// caller can complain. "" gives no part.
std::vector<std::string> split(std::string_view text, char separator);

/// The parts with `separator` between them.
std::string join(std::span<const std::string> parts, std::string_view separator);

/// Columns on a terminal: one a UTF-8 code point, two for East Asian wide ones and emoji, none for
/// combining marks and broken bytes.
std::size_t display_width(std::string_view text);

/// Spaces are added on the right (pad_right) or on the left (pad_left) up to `width` columns.
std::string pad_right(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

/// At most `width` columns; what is cut ends in "…". Never splits a code point.
std::string truncate(std::string_view text, std::size_t width);

/// "2026-05-21T14:03:07Z".
std::string iso_utc(std::chrono::system_clock::time_point time);

/// "20260521T140307Z": for names of files, sorted by time.
std::string file_stamp_utc(std::chrono::system_clock::time_point time);

}  // namespace cardwise
