// SPDX-License-Identifier: Apache-2.0
// Options through JSON and back, and text as JSON.
#include "core/json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/error.hpp"

namespace cardwise {
namespace {

// Every member differs from its default.
Options everything() {
  return Options{.command = Command::list,
                 .profile = Profile::full,
                 .filters = {"gemm|saxpy", "-dtype=f64", "\"quoted\" \\d+"},
                 .backends = {"cuda", "opencl"},
                 .types = {"cpu", "emulated"},
                 .platform = "Portable Computing Language",
                 .cards = {"0", "GPU-3f", "0000:17:00.0"},
                 .allow_sharing = true,
                 .allow_missing = true,
                 .images = {"a.aocx", "b.ptx"},
                 .same_code = true,
                 .max_bytes = std::numeric_limits<std::uint64_t>::max(),
                 .scaling = "weak",
                 .rounds = 3,
                 .time_budget_s = 0.1,
                 .timeout_s = 7.25,
                 .wait = "block",
                 .seed = 18446744073709551615u,
                 .output = "größe/ü.h5",
                 .system = "meluxina",
                 .tag = "line\nbreak\ttab",
                 .json_file = "gb.json",
                 .progress = Progress::none,
                 .telemetry = false,
                 .recheck = false,
                 .json = true};
}

std::string error_of(const std::string& text) {
  try {
    options_from_json(text);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(OptionsJson, ComesBackAsItWent) {
  EXPECT_EQ(options_from_json(to_json(everything())), everything());
  EXPECT_EQ(options_from_json(to_json(Options{})), Options{});
}

TEST(OptionsJson, EveryProfileComesBack) {
  for (const Profile p : {Profile::smoke, Profile::quick, Profile::standard, Profile::full,
                          Profile::burn_in})
    EXPECT_EQ(options_from_json(to_json(Options{.profile = p})).profile, p);
}

TEST(OptionsJson, IsOneLineWithWordsForEnums) {
  const std::string json = to_json(everything());

  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_NE(json.find(R"("command":"list","profile":"full")"), std::string::npos);
  EXPECT_NE(json.find(R"("progress":"none")"), std::string::npos);
  EXPECT_NE(json.find(R"("seed":18446744073709551615)"), std::string::npos);
  EXPECT_NE(to_json(Options{}).find(R"("seed":null)"), std::string::npos);
}

TEST(OptionsJson, MissingKeysKeepTheirDefaults) {
  EXPECT_EQ(options_from_json("{}"), Options{});
  EXPECT_EQ(options_from_json(R"({"rounds": 9})"), Options{.rounds = 9});
}

TEST(OptionsJson, RefusesWhatIsNoObject) {
  EXPECT_EQ(error_of("[1, 2]"), "options: no JSON object: '[1, 2]'");
  EXPECT_EQ(error_of("{\"rounds\""), "options: no JSON object: '{\"rounds\"'");
  EXPECT_EQ(error_of(""), "options: no JSON object: ''");
}

TEST(OptionsJson, RefusesUnknownKeysAndWords) {
  EXPECT_EQ(error_of(R"({"round": 6})"), "options: unknown key 'round'");
  EXPECT_EQ(error_of(R"({"profile": "fast"})"), "options: profile: 'fast' is unknown");
}

TEST(OptionsJson, DoesNotConvertSilently) {
  EXPECT_EQ(error_of(R"({"rounds": 1.5})"), "options: rounds: 1.5 is of the wrong kind");
  EXPECT_EQ(error_of(R"({"seed": -1})"), "options: seed: -1 is of the wrong kind");
  EXPECT_EQ(error_of(R"({"telemetry": 1})"), "options: telemetry: 1 is of the wrong kind");
  EXPECT_NE(error_of(R"({"output": 7})"), "");
  EXPECT_NE(error_of(R"({"filters": "gemm"})"), "");
}

TEST(JsonString, EscapesWhatMustBe) {
  EXPECT_EQ(json_string("plain"), "\"plain\"");
  EXPECT_EQ(json_string("a\"b\\c\n\t\x01"), R"("a\"b\\c\n\t\u0001")");
  EXPECT_EQ(json_string("µ"), "\"µ\"");
}

TEST(JsonString, ReplacesBrokenBytes) { EXPECT_EQ(json_string("a\xff"), "\"a\uFFFD\""); }

TEST(JsonObject, JoinsItsFields) {
  EXPECT_EQ(json_object({}), "{}");
  EXPECT_EQ(json_object({{"a \"b\"", "1"}, {"c", json_string("d")}}),
            R"({"a \"b\"": 1, "c": "d"})");
}

}  // namespace
}  // namespace cardwise
