// SPDX-License-Identifier: Apache-2.0
// Numbers with units, three significant digits where nothing speaks against it.
#include "core/size_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace cardwise {
namespace {

// Digits behind the point that make three significant ones of a number from 0.1 to 999.
int decimals(double value) {
  const double size = std::abs(value);
  return size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 || size == 0 ? 2 : 3;
}

// Divides by `base` until the number that will be shown is below it: 999.9 us is 1.00 ms.
std::size_t choose_prefix(double& value, double base, std::size_t prefixes) {
  const auto shown = [&] {
    const double step = std::pow(10.0, decimals(value));
    return std::abs(std::round(value * step) / step);
  };
  std::size_t prefix = 0;
  while (prefix + 1 < prefixes && shown() >= base) value /= base, ++prefix;
  return prefix;
}

std::string strip_zeros(std::string number) {
  if (number.find('.') == std::string::npos) return number;
  number.erase(number.find_last_not_of('0') + 1);
  if (number.back() == '.') number.pop_back();
  return number;
}

// Bytes one unit stands for; 0 for an unknown one.
std::uint64_t unit_bytes(std::string unit) {
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (unit.empty() || unit == "b") return 1;
  const std::size_t power = std::string_view("kmgtpe").find(unit.front());
  if (power == std::string_view::npos) return 0;
  const std::string rest = unit.substr(1);
  if (!(rest.empty() || rest == "ib" || rest == "i" || rest == "b")) return 0;
  std::uint64_t bytes = 1;
  for (std::size_t i = 0; i <= power; ++i) bytes *= rest == "b" ? 1000 : 1024;
  return bytes;
}

}  // namespace

std::string size_text(double bytes) {
  if (std::isnan(bytes)) return "-";
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  const std::size_t unit = choose_prefix(bytes, 1024, units.size());
  return fmt::format("{} {}", strip_zeros(fmt::format("{:.{}f}", bytes, decimals(bytes))),
                     units[unit]);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const std::size_t end_of_number = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, end_of_number);
  std::string unit(end_of_number == std::string_view::npos ? "" : text.substr(end_of_number));
  unit.erase(0, unit.find_first_not_of(' '));
  const std::uint64_t factor = unit_bytes(unit);
  if (number.empty() || factor == 0) return std::nullopt;

  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  const char* const end = number.data() + number.size();
  std::uint64_t whole = 0;
  const auto [whole_end, whole_error] = std::from_chars(number.data(), end, whole);
  if (whole_error == std::errc() && whole_end == end) {
    if (whole > largest / factor) return std::nullopt;
    return whole * factor;
  }
  double broken = 0;  // "1.5": half a byte makes no sense, half a GiB does
  const auto [broken_end, broken_error] = std::from_chars(number.data(), end, broken);
  if (broken_error != std::errc() || broken_end != end || factor == 1) return std::nullopt;
  const double bytes = broken * static_cast<double>(factor);
  if (!(bytes < 0x1p64)) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

std::string time_text(double seconds) {
  if (std::isnan(seconds)) return "-";
  if (seconds == 0) return "0 s";
  constexpr std::array units = {"ns", "us", "ms", "s"};
  double value = seconds * 1e9;
  const std::size_t unit = choose_prefix(value, 1000, units.size());
  return fmt::format("{:.{}f} {}", value, decimals(value), units[unit]);
}

std::string rate_text(double value, std::string_view unit) {
  if (std::isnan(value)) return "-";
  constexpr std::array prefixes = {"", "k", "M", "G", "T", "P", "E"};
  const std::size_t prefix = choose_prefix(value, 1000, prefixes.size());
  return fmt::format("{:.{}f} {}{}", value, decimals(value), prefixes[prefix], unit);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  const auto whole = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace cardwise
