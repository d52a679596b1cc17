// SPDX-License-Identifier: Apache-2.0
// What a right command line asks for, help and version, and which cases a filter selects.
#include "core/options.hpp"

#include <gtest/gtest.h>

#include "core/option_table.hpp"

namespace cardwise {
namespace {

using Words = std::vector<std::string>;

ParsedCommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "cardwise");
  return parse_command_line(static_cast<int>(words.size()), words.data(), "cardwise 1.2.3");
}

Options options_of(std::vector<const char*> words) {
  const ParsedCommandLine parsed = parse(std::move(words));
  EXPECT_TRUE(parsed.options) << parsed.text;
  EXPECT_EQ(parsed.text, "");
  EXPECT_EQ(parsed.exit_code, 0);
  return parsed.options.value_or(Options{});
}

TEST(Options, DefaultsOfEachCommand) {
  EXPECT_EQ(options_of({"run"}), Options{});
  EXPECT_EQ(options_of({"list"}), Options{.command = Command::list});
  EXPECT_EQ(options_of({"devices"}),
            (Options{.command = Command::devices, .types = {"gpu", "fpga", "cpu", "emulated"}}));
}

TEST(Options, EveryOptionOfRun) {
  const Options options = options_of({"run",
                                      "--profile",
                                      "quick",
                                      "--filter",
                                      "gemm|saxpy",
                                      "--backend",
                                      "cuda,opencl",
                                      "--type",
                                      "gpu,cpu",
                                      "--platform",
                                      "NVIDIA CUDA",
                                      "--card",
                                      "0,GPU-1,0000:17:00.0",
                                      "--allow-sharing",
                                      "--allow-missing",
                                      "--image",
                                      "a.aocx",
                                      "--max-bytes",
                                      "1MiB",
                                      "--rounds",
                                      "7",
                                      "--time-budget",
                                      "60.5",
                                      "--timeout",
                                      "30",
                                      "--wait",
                                      "yield",
                                      "--seed",
                                      "42",
                                      "--output",
                                      "x.h5",
                                      "--system",
                                      "mel",
                                      "--tag",
                                      "after repair",
                                      "--json",
                                      "gb.json",
                                      "--progress",
                                      "plain",
                                      "--no-telemetry"});

  const Options expected{.profile = Profile::quick,
                         .filters = {"gemm|saxpy"},
                         .backends = {"cuda", "opencl"},
                         .types = {"gpu", "cpu"},
                         .platform = "NVIDIA CUDA",
                         .cards = {"0", "GPU-1", "0000:17:00.0"},
                         .allow_sharing = true,
                         .allow_missing = true,
                         .images = {"a.aocx"},
                         .max_bytes = 1048576,
                         .rounds = 7,
                         .time_budget_s = 60.5,
                         .timeout_s = 30,
                         .wait = "yield",
                         .seed = 42,
                         .output = "x.h5",
                         .system = "mel",
                         .tag = "after repair",
                         .json_file = "gb.json",
                         .progress = Progress::plain,
                         .telemetry = false};
  EXPECT_EQ(options, expected);
}

TEST(Options, EveryOptionOfDevicesAndList) {
  const Options devices = options_of({"devices", "--json", "--backend=opencl", "--type=cpu"});
  EXPECT_TRUE(devices.json);
  EXPECT_EQ(devices.backends, Words{"opencl"});
  EXPECT_EQ(devices.types, Words{"cpu"});

  const Options list = options_of({"list", "--profile=full", "--platform=P", "--image=a.ptx",
                                   "--max-bytes=4096", "--filter=x"});
  EXPECT_EQ(list.profile, Profile::full);
  EXPECT_EQ(list.max_bytes, 4096u);
}

TEST(Options, FiltersAndImagesAddUpElseTheLastCounts) {
  const Options options =
      options_of({"run", "--filter", "gemm", "--filter", "-cuda", "--image", "a.ptx", "--image",
                  "b.ptx", "--profile", "quick", "--profile", "full", "--backend", "cuda",
                  "--backend", "opencl", "--allow-missing", "--allow-missing"});

  EXPECT_EQ(options.filters, (Words{"gemm", "-cuda"}));
  EXPECT_EQ(options.images, (Words{"a.ptx", "b.ptx"}));
  EXPECT_EQ(options.profile, Profile::full);
  EXPECT_EQ(options.backends, Words{"opencl"});
}

TEST(Options, AFilterInBracketsIsNoList) {
  EXPECT_EQ(options_of({"run", "--filter", "[f,d]"}).filters, Words{"[f,d]"});
}

TEST(Options, FewRoundsAndAnEmptyTagAreAllowed) {
  EXPECT_EQ(options_of({"run", "--rounds", "1"}).rounds, 1);
  EXPECT_EQ(options_of({"run", "--tag", ""}).tag, "");
}

TEST(Options, RoundsAndBudgetComeFromTheProfile) {
  EXPECT_EQ(rounds_of({.profile = Profile::quick}), 6);
  EXPECT_EQ(rounds_of({.profile = Profile::full}), 12);
  EXPECT_EQ(rounds_of({.profile = Profile::full, .rounds = 3}), 3);
  EXPECT_EQ(rounds_of({.profile = Profile::smoke}), 3);
  EXPECT_EQ(rounds_of({.profile = Profile::burn_in}), 256);
  EXPECT_EQ(time_budget_of({.profile = Profile::smoke}), std::nullopt);
  EXPECT_EQ(time_budget_of({.profile = Profile::burn_in}), 1800);
  EXPECT_EQ(time_budget_of({.profile = Profile::quick}), std::nullopt);
  EXPECT_EQ(time_budget_of({.profile = Profile::standard}), 1200);
  EXPECT_EQ(time_budget_of({.profile = Profile::full}), std::nullopt);
  EXPECT_EQ(time_budget_of({.profile = Profile::full, .time_budget_s = 5}), 5);
}

TEST(Help, GeneralNamesCommandsExamplesAndExitCodes) {
  for (const char* word : {"--help", "-h"}) {
    const ParsedCommandLine parsed = parse({word});
    EXPECT_FALSE(parsed.options);
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_FALSE(parsed.to_stderr);
    for (const char* part : {"Usage: cardwise COMMAND", "  devices ", "  list ", "  run ",
                             "Examples:\n", "mpirun -n 4 cardwise run", "srun -N 16",
                             "\nExit codes (of run", ":\n  0  ", "\n  1  ", "\n  2  ", "\n  3  ",
                             "\n  4  "}) {
      EXPECT_NE(parsed.text.find(part), std::string::npos) << part;
    }
  }
}

TEST(Help, OfACommandNamesItsOptionsAndNoOthers) {
  for (const Command command : {Command::devices, Command::list, Command::run}) {
    const ParsedCommandLine parsed = parse({name_of(command), "--help"});
    EXPECT_FALSE(parsed.options);
    EXPECT_EQ(parsed.exit_code, 0);
    for (const OptionSpec& spec : option_table()) {
      const std::string line = std::string("\n  ") + spec.name + " " + spec.value + " ";
      EXPECT_EQ(parsed.text.find(line) != std::string::npos, (spec.takers & bit_of(command)) != 0)
          << name_of(command) << " " << spec.name;
    }
    EXPECT_NE(parsed.text.find("Examples:\n"), std::string::npos);
    EXPECT_NE(parsed.text.find("Exit codes:\n"), std::string::npos);
  }
}

TEST(Help, OfACommandHasThatCommandsExitCodes) {
  const auto codes = [](const char* command) {
    const std::string text = parse({command, "--help"}).text;
    return text.substr(text.find("Exit codes:\n"));
  };

  EXPECT_NE(codes("run").find("\n  1  a case failed"), std::string::npos);
  EXPECT_NE(codes("selftest").find("\n  0  every alarm rang\n  1  an alarm did not"),
            std::string::npos);
  for (const char* command : {"devices", "list", "image"})
    EXPECT_EQ(codes(command).find("\n  1  "), std::string::npos) << command;
}

TEST(Help, BeginsWithASentence) {
  EXPECT_TRUE(parse({"run", "--help"}).text.starts_with(
      "cardwise run: measure every card of the job, one MPI rank a card.\n"));
  EXPECT_NE(parse({"selftest", "--help"}).text.find("does every alarm ring?\n"), std::string::npos);
}

TEST(Help, FitsA100ColumnTerminal) {
  for (const char* command : {"devices", "list", "run", "selftest", "image"}) {
    const std::string text = parse({command, "--help"}).text;
    std::size_t start = 0;
    for (std::size_t end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
      EXPECT_LE(end - start, 100u) << text.substr(start, end - start);
    }
    EXPECT_EQ(start, text.size());  // it ends in a newline
  }
}

TEST(Help, WinsOverMistakes) {
  EXPECT_EQ(parse({"run", "--bogus", "--help"}).exit_code, 0);
  EXPECT_EQ(parse({"run", "--rounds", "0", "-h"}).exit_code, 0);
}

TEST(Version, IsPrintedAloneOrBehindACommand) {
  for (const auto& words : {std::vector<const char*>{"--version"}, {"run", "--version"}}) {
    const ParsedCommandLine parsed = parse(words);
    EXPECT_EQ(parsed.text, "cardwise 1.2.3\n");
    EXPECT_EQ(parsed.exit_code, 0);
    EXPECT_FALSE(parsed.to_stderr);
    EXPECT_FALSE(parsed.options);
  }
}

constexpr const char* triad = "mem/triad?backend=cuda&dtype=f64&n=1024&wv=1";
constexpr const char* triad_id = "0123456789abcdef";

TEST(Matches, WithoutAFilterEverything) { EXPECT_TRUE(matches({}, triad, triad_id)); }

TEST(Matches, SearchesKeyAndId) {
  EXPECT_TRUE(matches({.filters = {"gemm|triad"}}, triad, triad_id));
  EXPECT_TRUE(matches({.filters = {"^mem/.*f64"}}, triad, triad_id));
  EXPECT_TRUE(matches({.filters = {"^0123456789abcdef$"}}, triad, triad_id));
  EXPECT_FALSE(matches({.filters = {"saxpy"}}, triad, triad_id));
}

TEST(Matches, ALeadingMinusExcludes) {
  EXPECT_FALSE(matches({.filters = {"-triad"}}, triad, triad_id));
  EXPECT_FALSE(matches({.filters = {"-^0123"}}, triad, triad_id));
  EXPECT_TRUE(matches({.filters = {"-saxpy"}}, triad, triad_id));
}

TEST(Matches, NeedsEachFilter) {
  EXPECT_TRUE(matches({.filters = {"mem/", "-opencl"}}, triad, triad_id));
  EXPECT_FALSE(matches({.filters = {"mem/", "-cuda"}}, triad, triad_id));
}

// As an expression its '?' would make the letter before it optional.
TEST(Matches, APastedKeyFindsItself) {
  EXPECT_TRUE(matches({.filters = {triad}}, triad, triad_id));
}

}  // namespace
}  // namespace cardwise
