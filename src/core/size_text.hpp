// SPDX-License-Identifier: Apache-2.0
// Sizes, times and rates as people write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cardwise {

/// Bytes with a binary prefix: "512 B", "4 KiB", "1.5 GiB"; three significant digits, but
/// "1023 KiB". "-" where it is not a number.
std::string size_text(double bytes);

/// "4096", "1MiB", "1.5 GiB", "2G", "64k": bytes. One-letter and KiB-style prefixes are powers of
/// 1024, "kB MB GB TB" powers of 1000; case does not matter; a broken number is rounded down to
/// whole bytes. None where it is no size, is negative or does not fit 64 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Seconds with three digits and a fitting unit: "6.21 us", "12.3 ms", "4.00 ns", "98.1 s".
std::string time_text(double seconds);

/// A rate with a decimal prefix: rate_text(3.02e12, "B/s") is "3.02 TB/s",
/// rate_text(51.9e12, "FLOP/s") "51.9 TFLOP/s".
std::string rate_text(double value, std::string_view unit);

/// Time left or gone, for people: "42 s", "3 min 05 s", "1 h 12 min".
std::string duration_text(double seconds);

}  // namespace cardwise
