// SPDX-License-Identifier: Apache-2.0
// Case keys taken apart again and put together for people.
#include "results/case_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>

#include "core/size_text.hpp"
#include "core/text.hpp"
#include "results/text_table.hpp"

namespace cardwise {
namespace {

using Parameters = std::map<std::string, std::string, std::less<>>;

constexpr std::array in_place = {"backend", "dtype", "m", "n", "k", "nx", "ny", "nz", "bytes"};
constexpr std::array unshown = {"wv", "data", "rpn"};
/// Values that need no name before them.
constexpr std::array words = {"cache", "mem", "phase", "path", "pattern", "sync", "scaling",
                              "variant"};

template <class List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::optional<Parameters> parsed(std::string_view parameters) {
  Parameters values;
  for (const std::string& part : split(parameters, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == 0 || equals == std::string::npos) return std::nullopt;
    values[part.substr(0, equals)] = part.substr(equals + 1);
  }
  return values;
}

std::string value(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? "" : found->second;
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return result;
}

/// Bytes an element, 0 unknown: the digits of f32, bf16, i32, u8.
std::uint64_t width_of(const std::string& dtype) {
  const std::size_t digits = dtype.find_first_of("0123456789");
  if (digits == std::string::npos) return 0;
  return number(dtype.substr(digits)).value_or(0) / 8;
}

/// "1GiB" without a space: a name is cut into columns at spaces. Sizes that three digits would not
/// show exactly stay whole numbers.
std::string compact(std::uint64_t bytes) {
  std::string text = size_text(static_cast<double>(bytes));
  if (parse_size(text) != bytes) return fmt::format("{}B", bytes);
  std::erase(text, ' ');
  return text;
}

/// "512^3" of three equal ones, else "64x128x8".
std::string extents(const Parameters& parameters, std::initializer_list<const char*> names) {
  std::vector<std::string> sizes;
  for (const char* name : names)
    if (std::string size = value(parameters, name); !size.empty()) sizes.push_back(size);
  if (sizes.empty()) return "";
  const bool equal = std::count(sizes.begin(), sizes.end(), sizes[0]) == std::ssize(sizes);
  if (equal && sizes.size() > 1) return fmt::format("{}^{}", sizes[0], sizes.size());
  return join(sizes, "x");
}

std::string size_of(std::string_view family, const Parameters& parameters) {
  if (const auto bytes = number(value(parameters, "bytes"))) return compact(*bytes);
  if (std::string grid = extents(parameters, {"nx", "ny", "nz"}); !grid.empty()) return grid;
  const std::string n = value(parameters, "n");
  const auto elements = number(n);
  const std::uint64_t width = width_of(value(parameters, "dtype"));
  if (elements && width > 0 && family != "compute" && value(parameters, "m").empty())
    return compact(*elements * width);
  // A square product needs one number.
  if (n == value(parameters, "m") && n == value(parameters, "k")) return n;
  return extents(parameters, {"m", "n", "k"});
}

}  // namespace

std::string case_name(std::string_view case_key, NameParts parts) {
  const std::size_t question = case_key.find('?');
  const std::size_t slash = case_key.substr(0, question).find('/');
  if (slash == std::string_view::npos) return one_line(case_key);
  const auto parameters = parsed(question == std::string_view::npos
                                     ? std::string_view()
                                     : case_key.substr(question + 1));
  if (!parameters) return one_line(case_key);

  const std::string_view family = case_key.substr(0, slash);
  const std::size_t from = parts.family ? 0 : slash + 1;
  std::vector<std::string> words_of_name{std::string(case_key.substr(0, question).substr(from))};
  const auto add = [&](const std::string& word) {
    if (!word.empty()) words_of_name.push_back(word);
  };
  add(value(*parameters, "dtype"));
  add(size_of(family, *parameters));
  const bool scaled = parameters->count("scaling") > 0;
  for (const auto& [name, text] : *parameters) {
    if (holds(in_place, name) || holds(unshown, name)) continue;
    if (name == "variant" && text == "portable") continue;
    if (name == "ranks" && !scaled) continue;  // the same in all cases of the run
    add(holds(words, name) ? text : name + "=" + text);
  }
  if (parts.backend) add(value(*parameters, "backend"));
  return one_line(join(words_of_name, " "));
}

std::vector<std::string> case_names(std::span<const CaseRow> rows, NameParts parts) {
  std::vector<std::string> names;
  std::map<std::string, int> count;
  for (const CaseRow& row : rows) ++count[names.emplace_back(case_name(row.case_key, parts))];
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (count[names[i]] > 1) names[i] = one_line(rows[i].case_key);
  return names;
}

}  // namespace cardwise
