// SPDX-License-Identifier: Apache-2.0
// Suggestions, lists, columns and time stamps.
#include "core/text.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace cardwise {
namespace {

using Words = std::vector<std::string>;

TEST(Closest, FindsOneEdit) {
  const Words words = {"devices", "list", "run"};

  EXPECT_EQ(closest("rnu", words), "run");
  EXPECT_EQ(closest("lst", words), "list");
  EXPECT_EQ(closest("devcies", words), "devices");
  EXPECT_EQ(closest("RUN", words), "run");
}

TEST(Closest, FindsAnAbbreviation) {
  EXPECT_EQ(closest("stan", Words{"quick", "standard", "full"}), "standard");
}

TEST(Closest, PrefersTheNearer) {
  EXPECT_EQ(closest("--tga", Words{"--type", "--tag"}), "--tag");
  EXPECT_EQ(closest("opencl", Words{"opencls", "opencl"}), "opencl");
}

TEST(Closest, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(closest("frobnicate", Words{"devices", "list", "run"}), "");
  EXPECT_EQ(closest("x", Words{"run", "y"}), "");
  EXPECT_EQ(closest("", Words{"run"}), "");
  EXPECT_EQ(closest("--", Words{"-h"}), "");
}

TEST(Split, TrimsAndKeepsEmptyParts) {
  EXPECT_EQ(split("cuda,opencl", ','), (Words{"cuda", "opencl"}));
  EXPECT_EQ(split(" a , b ", ','), (Words{"a", "b"}));
  EXPECT_EQ(split("a,,b,", ','), (Words{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), Words{});
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join(Words{"a", "b"}, ", "), "a, b");
  EXPECT_EQ(join(Words{}, ", "), "");
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("µs →"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);  // e and a combining accent
  EXPECT_EQ(display_width("漢字"), 4u);
  EXPECT_EQ(display_width("\x1b[31mred\x1b[0m"), 3u);
  EXPECT_EQ(display_width("\xff\xc3"), 0u);  // broken bytes
}

TEST(Pad, FillsUpToColumns) {
  EXPECT_EQ(pad_right("µs", 4), "µs  ");
  EXPECT_EQ(pad_left("µs", 4), "  µs");
  EXPECT_EQ(pad_right("long", 2), "long");
}

TEST(Truncate, EndsInAnEllipsisAndNeverSplitsACodePoint) {
  EXPECT_EQ(truncate("NVIDIA H100", 11), "NVIDIA H100");
  EXPECT_EQ(truncate("NVIDIA H100", 8), "NVIDIA …");
  EXPECT_EQ(truncate("µµµµ", 3), "µµ…");
  EXPECT_EQ(truncate("漢字漢字", 4), "漢…");
  EXPECT_EQ(truncate("abc", 0), "");
}

TEST(Truncate, KeepsTheEndOfAColour) {
  EXPECT_EQ(truncate("\x1b[31mabcdef\x1b[0m", 3), "\x1b[31mab…\x1b[0m");
}

TEST(Utc, WritesIsoAndFileStamps) {
  const std::chrono::system_clock::time_point leap_day{std::chrono::seconds(1709210096)};

  EXPECT_EQ(iso_utc(leap_day), "2024-02-29T12:34:56Z");
  EXPECT_EQ(file_stamp_utc(leap_day), "20240229T123456Z");
  EXPECT_EQ(iso_utc({}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso_utc(leap_day + std::chrono::milliseconds(999)), "2024-02-29T12:34:56Z");
}

}  // namespace
}  // namespace cardwise
