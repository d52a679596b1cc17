// SPDX-License-Identifier: Apache-2.0
// Sizes, times and rates as text, and sizes read back.
#include "core/size_text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace cardwise {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

TEST(SizeText, HasBinaryPrefixes) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(512), "512 B");
  EXPECT_EQ(size_text(4096), "4 KiB");
  EXPECT_EQ(size_text(16 * 1024 * 1024), "16 MiB");
  EXPECT_EQ(size_text(0x1p30), "1 GiB");
  EXPECT_EQ(size_text(1.5 * 0x1p30), "1.5 GiB");
  EXPECT_EQ(size_text(80.0 * 0x1p40), "80 TiB");
}

TEST(SizeText, HasThreeDigits) {
  EXPECT_EQ(size_text(1'000'000), "977 KiB");
  EXPECT_EQ(size_text(1234 * 1024), "1.21 MiB");
  EXPECT_EQ(size_text(1023), "1023 B");
}

TEST(SizeText, ChangesThePrefixWhereRoundingReachesIt) {
  EXPECT_EQ(size_text(1024 * 1024 - 1), "1 MiB");
}

TEST(SizeText, OfNaNIsADash) { EXPECT_EQ(size_text(nan_value), "-"); }

TEST(ParseSize, UnderstandsWhatPeopleWrite) {
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("1MiB"), 1048576u);
  EXPECT_EQ(parse_size("2G"), 2147483648u);
  EXPECT_EQ(parse_size("64k"), 65536u);
  EXPECT_EQ(parse_size("512 B"), 512u);
  EXPECT_EQ(parse_size("1.5 GiB"), 1610612736u);
  EXPECT_EQ(parse_size("3mib"), 3145728u);
}

TEST(ParseSize, KnowsDecimalPrefixes) {
  EXPECT_EQ(parse_size("1MB"), 1000000u);
  EXPECT_EQ(parse_size("2kB"), 2000u);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const char* text : {"", "MiB", "-1", "1.5", "1.5B", "1..5M", "12 parsecs", "1MiBs", "1 M B",
                           ".", "0x10", "1e6", " "}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << "'" << text << "'";
  }
}

TEST(ParseSize, RefusesWhatDoesNotFit) {
  EXPECT_EQ(parse_size("18446744073709551615"), 18446744073709551615u);
  EXPECT_EQ(parse_size("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_size("15EiB"), 15ull << 60);
  EXPECT_EQ(parse_size("16EiB"), std::nullopt);
  EXPECT_EQ(parse_size("16.5EiB"), std::nullopt);
}

TEST(ParseSize, ReadsWhatSizeTextWrites) {
  for (const std::uint64_t bytes : {1ull, 1000ull, 4096ull, 1ull << 20, 3ull << 29, 80ull << 30}) {
    EXPECT_EQ(parse_size(size_text(static_cast<double>(bytes))), bytes);
  }
}

TEST(TimeText, HasThreeDigitsAndAFittingUnit) {
  EXPECT_EQ(time_text(4e-9), "4.00 ns");
  EXPECT_EQ(time_text(6.21e-6), "6.21 us");
  EXPECT_EQ(time_text(12.3e-3), "12.3 ms");
  EXPECT_EQ(time_text(0.5), "500 ms");
  EXPECT_EQ(time_text(98.1), "98.1 s");
  EXPECT_EQ(time_text(1234), "1234 s");
  EXPECT_EQ(time_text(0), "0 s");
}

TEST(TimeText, ChangesTheUnitWhereRoundingReachesIt) {
  EXPECT_EQ(time_text(999.4e-6), "999 us");
  EXPECT_EQ(time_text(999.6e-6), "1.00 ms");
  EXPECT_EQ(time_text(9.996e-6), "10.0 us");
}

TEST(TimeText, KeepsTheSignAndShowsNaNAsADash) {
  EXPECT_EQ(time_text(-2.5e-6), "-2.50 us");
  EXPECT_EQ(time_text(nan_value), "-");
}

TEST(RateText, HasDecimalPrefixes) {
  EXPECT_EQ(rate_text(3.02e12, "B/s"), "3.02 TB/s");
  EXPECT_EQ(rate_text(51.9e12, "FLOP/s"), "51.9 TFLOP/s");
  EXPECT_EQ(rate_text(12.4e9, "B/s"), "12.4 GB/s");
  EXPECT_EQ(rate_text(999.7e9, "B/s"), "1.00 TB/s");
  EXPECT_EQ(rate_text(nan_value, "B/s"), "-");
}

TEST(DurationText, IsForPeople) {
  EXPECT_EQ(duration_text(42.4), "42 s");
  EXPECT_EQ(duration_text(59.9), "1 min 00 s");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(4320), "1 h 12 min");
  EXPECT_EQ(duration_text(-1), "0 s");
  EXPECT_EQ(duration_text(nan_value), "-");
}

}  // namespace
}  // namespace cardwise
