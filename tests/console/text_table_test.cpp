// SPDX-License-Identifier: Apache-2.0
// Columns, broken lines, foreign text.
#include <gtest/gtest.h>

#include "results/text_table.hpp"

namespace cardwise {
namespace {

TEST(OneLine, TakesTheFirstThatHoldsSomethingAndNoControls) {
  EXPECT_EQ(one_line("\n \n  error:\tno \x1b[31mmemory\x7f \r\nmore"), "error: no  [31mmemory");
  EXPECT_EQ(one_line(""), "");
  EXPECT_EQ(one_line("\n\n"), "");
}

TEST(Wrapped, BreaksAtSpacesAndIndentsWhatFollows) {
  EXPECT_EQ(wrapped("aa bb cc dd", 5, 0), "aa bb\ncc dd\n");
  EXPECT_EQ(wrapped("aa bb cc", 5, 2), "aa bb\n  cc\n");
  EXPECT_EQ(wrapped("unbreakable a", 5, 0), "unbreakable\na\n");
  EXPECT_EQ(wrapped("aa bb cc dd", 0, 0), "aa bb cc dd\n");
}

TEST(Table, LinesUpAndLeavesOutEmptyColumns) {
  const std::vector<std::vector<std::string>> lines = {{"a", "", "±1"}, {"bcd", "", "10"}};

  const std::vector<Column> columns = columns_of(lines, {false, false, true});

  EXPECT_EQ(table_line(lines[0], columns), "a    ±1\n");
  EXPECT_EQ(table_line(lines[1], columns), "bcd  10\n");
  EXPECT_EQ(table_width(columns), 7u);
}

TEST(Many, HasOneAndMore) {
  EXPECT_EQ(many(1, "case"), "1 case");
  EXPECT_EQ(many(0, "case"), "0 cases");
}

}  // namespace
}  // namespace cardwise
