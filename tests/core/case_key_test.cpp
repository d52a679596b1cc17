// SPDX-License-Identifier: Apache-2.0
// Keys and ids of cases, and run ids.
#include "core/case_key.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <set>

#include "core/error.hpp"

namespace cardwise {
namespace {

// The methodology's example.
TEST(CaseKey, SortsItsParameters) {
  const Params params{
      {"wv", 1},         {"n", 134217728},    {"backend", "cuda"},    {"dtype", "f64"},
      {"cache", "dram"}, {"data", "uniform"}, {"variant", "portable"}};

  EXPECT_EQ(case_key("mem", "triad", params),
            "mem/triad?backend=cuda&cache=dram&data=uniform&dtype=f64&n=134217728&variant=portable"
            "&wv=1");
}

TEST(CaseKey, DoesNotDependOnTheOrderOfSetting) {
  Params first, second;
  first.set("n", 1).set("m", 2);
  second.set("m", 2).set("n", 1);

  EXPECT_EQ(case_key("a", "b", first), case_key("a", "b", second));
}

TEST(CaseKey, WithoutParametersHasNoQuestionMark) {
  EXPECT_EQ(case_key("api", "open", {}), "api/open");
}

TEST(CaseKey, RefusesWhatCouldNotBeReadBack) {
  EXPECT_THROW(case_key("mem", "tri/ad", {}), Error);
  EXPECT_THROW(case_key("", "triad", {}), Error);
  EXPECT_THROW(case_key("mem", "triad", Params{{"path", "a&b=c"}}), Error);
  EXPECT_THROW(case_key("mem", "triad", Params{{"path", ""}}), Error);
  EXPECT_THROW(Params().set("a b", 1), Error);
}

// printf 'mem/triad?n=1' | sha256sum
TEST(CaseId, IsTheFirst16DigitsOfTheHash) {
  EXPECT_EQ(case_id("mem/triad?n=1"), "bc66b3d90b8b9936");
}

TEST(Params, KnowNumbersFromWords) {
  const Params params{{"n", std::uint64_t{1} << 40}, {"dtype", "f32"}};

  EXPECT_EQ(params.integer("n"), std::int64_t{1} << 40);
  EXPECT_EQ(params.text("n"), "1099511627776");
  EXPECT_EQ(params.text("dtype"), "f32");
  EXPECT_TRUE(params.has("n"));
  EXPECT_FALSE(params.has("m"));
}

TEST(Params, SetReplaces) {
  Params params{{"n", 1}};
  params.set("n", 2);

  EXPECT_EQ(params.integer("n"), 2);
  EXPECT_EQ(params.size(), 1u);
}

TEST(Params, NameWhatIsMissingOrNoNumber) {
  const Params params{{"dtype", "f32"}};
  const auto text_of = [&](const char* name) -> std::string {
    try {
      return std::to_string(params.integer(name));
    } catch (const Error& error) {
      return error.what();
    }
  };

  EXPECT_EQ(text_of("n"), "the case has no parameter 'n'");
  EXPECT_EQ(text_of("dtype"), "parameter dtype = 'f32' is no whole number");
  EXPECT_THROW(params.text("n"), Error);
}

TEST(Uuid7, HasVersionAndVariant) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");

  for (int i = 0; i < 100; ++i) EXPECT_TRUE(std::regex_match(uuid7(), form));
}

TEST(Uuid7, BeginsWithTheTime) {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  const auto now_ms = [] {
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  };

  const auto before = now_ms();
  const std::string id = uuid7();
  const auto after = now_ms();

  const auto made = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  EXPECT_LE(before, made);
  EXPECT_LE(made, after);
}

TEST(Uuid7, IsNeverTheSame) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(uuid7());

  EXPECT_EQ(ids.size(), 1000u);
}

}  // namespace
}  // namespace cardwise
