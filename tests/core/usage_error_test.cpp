// SPDX-License-Identifier: Apache-2.0
// Every way to get the command line wrong: the whole message, on stderr, with exit code 2.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/options.hpp"

namespace cardwise {
namespace {

struct Mistake {
  std::vector<const char*> words;
  const char* message;
  const char* help = "cardwise run --help";
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  for (const char* word : mistake.words) *out << word << ' ';
}

class UsageErrorText : public testing::TestWithParam<Mistake> {};

TEST_P(UsageErrorText, SaysWhatIsWrongAndWhatIsRight) {
  std::vector<const char*> words = GetParam().words;
  words.insert(words.begin(), "cardwise");

  const ParsedCommandLine parsed =
      parse_command_line(static_cast<int>(words.size()), words.data(), "version");

  EXPECT_EQ(parsed.text,
            std::string("cardwise: ") + GetParam().message + "\nSee '" + GetParam().help + "'.\n");
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_TRUE(parsed.to_stderr);
  EXPECT_FALSE(parsed.options);
}

INSTANTIATE_TEST_SUITE_P(
    Commands, UsageErrorText,
    testing::Values(
        Mistake{{}, "no command given; there are devices, list, run, selftest, image", "cardwise --help"},
        Mistake{{"rnu"}, "unknown command 'rnu'; did you mean 'run'?", "cardwise --help"},
        Mistake{{"frobnicate"},
                "unknown command 'frobnicate'; there are devices, list, run, selftest, image",
                "cardwise --help"},
        Mistake{{""}, "unknown command ''; there are devices, list, run, selftest, image", "cardwise --help"},
        Mistake{{"--profile", "quick", "run"},
                "option '--profile' stands behind the command: cardwise run --profile",
                "cardwise --help"},
        Mistake{{"--hlep"}, "unknown option '--hlep'; did you mean '--help'?", "cardwise --help"},
        Mistake{{"run", "--output", "\xfc.h5"},
                "\"\uFFFD.h5\" is not UTF-8: rename it, or set a UTF-8 locale (LANG)",
                "cardwise --help"},
        Mistake{{"run", "list"}, "unexpected argument 'list'"},
        Mistake{{"run", "--", "x"}, "unexpected argument '--'"},
        Mistake{{"run", "quick"}, "unexpected argument 'quick'; did you mean '--profile quick'?"},
        Mistake{{"run", "cpu"}, "unexpected argument 'cpu'; did you mean '--type cpu'?"}));

INSTANTIATE_TEST_SUITE_P(
    Names, UsageErrorText,
    testing::Values(
        Mistake{{"run", "--proflie", "quick"},
                "unknown option '--proflie'; did you mean '--profile'?"},
        Mistake{{"run", "--proflie=quick"},
                "unknown option '--proflie'; did you mean '--profile'?"},
        Mistake{{"run", "-profile", "quick"},
                "unknown option '-profile'; did you mean '--profile'?"},
        Mistake{{"run", "--xyzzy"}, "unknown option '--xyzzy'"},
        Mistake{{"run", "-q"}, "unknown option '-q'"},
        Mistake{{"list", "--output", "x"},
                "option '--output' is for 'cardwise run' and 'cardwise selftest' and 'cardwise image', not for 'cardwise list'",
                "cardwise list --help"},
        Mistake{{"list", "--json", "x"},
                "option '--json' is for 'cardwise run' and 'cardwise devices', not for 'cardwise "
                "list'",
                "cardwise list --help"},
        Mistake{{"devices", "--profile", "quick"},
                "option '--profile' is for 'cardwise list' and 'cardwise run', not for 'cardwise "
                "devices'",
                "cardwise devices --help"},
        Mistake{
            {"devices", "--json=x"}, "option '--json' takes no value", "cardwise devices --help"},
        Mistake{{"run", "--allow-sharing=no"}, "option '--allow-sharing' takes no value"},
        Mistake{{"run", "--output"}, "option '--output' needs a value: PATH"},
        Mistake{{"run", "--output="}, "option '--output' needs a value: PATH"},
        Mistake{{"run", "--output", "--profile", "quick"},
                "option '--output' needs a value (PATH) before '--profile'"}));

INSTANTIATE_TEST_SUITE_P(
    Words, UsageErrorText,
    testing::Values(
        Mistake{{"run", "--profile", "quik"}, "unknown profile 'quik'; did you mean 'quick'?"},
        Mistake{{"run", "--profile", "slow"},
                "unknown profile 'slow'; there are smoke, quick, standard, full, "
                "burn-in"},
        Mistake{{"run", "--backend", "opncl"}, "unknown backend 'opncl'; did you mean 'opencl'?"},
        Mistake{{"run", "--backend", "cuda,hip"}, "unknown backend 'hip'; there are cuda, opencl"},
        Mistake{{"run", "--type", "gpus"}, "unknown type 'gpus'; did you mean 'gpu'?"},
        Mistake{{"run", "--wait", "sleep"},
                "unknown wait mode 'sleep'; there are spin, yield, block"},
        Mistake{{"run", "--progress", "plian"},
                "unknown progress mode 'plian'; did you mean 'plain'?"},
        Mistake{{"run", "--scaling", "weka"}, "unknown scaling 'weka'; did you mean 'weak'?"},
        Mistake{{"run", "--scaling", "weak"},
                "--scaling weak is not in this release; make one run for each number of nodes and "
                "compare the files"}));

INSTANTIATE_TEST_SUITE_P(
    Lists, UsageErrorText,
    testing::Values(
        Mistake{{"run", "--backend", ""},
                "option '--backend' needs a list like a,b without empty parts, not ''"},
        Mistake{{"run", "--backend", "cuda,"},
                "option '--backend' needs a list like a,b without empty parts, not 'cuda,'"},
        Mistake{{"run", "--type", "gpu,gpu"}, "option '--type' names 'gpu' twice"},
        Mistake{{"run", "--card", ","},
                "option '--card' needs a list like a,b without empty parts, not ','"},
        Mistake{
            {"run", "--card", "0,-1"},
            "--card '-1' is no index (0, 1, …), UUID (GPU-…) or PCI address (0000:17:00.0); see "
            "'cardwise devices'"},
        Mistake{{"run", "--card", "99999999999"},
                "--card '99999999999' is no index (0, 1, …), UUID (GPU-…) or PCI address "
                "(0000:17:00.0); see 'cardwise devices'"}));

INSTANTIATE_TEST_SUITE_P(
    Numbers, UsageErrorText,
    testing::Values(
        Mistake{{"run", "--rounds", "0"},
                "option '--rounds' needs a whole number from 1 to 256, not '0'"},
        Mistake{{"run", "--rounds", "-3"},
                "option '--rounds' needs a whole number from 1 to 256, not '-3'"},
        Mistake{{"run", "--rounds", "6x"},
                "option '--rounds' needs a whole number from 1 to 256, not '6x'"},
        Mistake{{"run", "--rounds", "99999999999"},
                "option '--rounds' needs a whole number from 1 to 256, not '99999999999'"},
        Mistake{{"run", "--time-budget", "0"},
                "option '--time-budget' needs a number of seconds above 0, not '0'"},
        Mistake{{"run", "--time-budget", "20m"},
                "option '--time-budget' needs a number of seconds above 0, not '20m'"},
        Mistake{{"run", "--timeout", "0.5"},
                "option '--timeout' needs a number of seconds of at least 1, not '0.5'"},
        Mistake{{"run", "--timeout", "nan"},
                "option '--timeout' needs a number of seconds of at least 1, not 'nan'"},
        Mistake{{"run", "--timeout", "inf"},
                "option '--timeout' needs a number of seconds of at least 1, not 'inf'"},
        Mistake{{"run", "--seed", "-1"},
                "option '--seed' needs a whole number from 0 to 2^64 - 1, not '-1'"},
        Mistake{{"run", "--max-bytes", "0"},
                "option '--max-bytes' needs a size like 1MiB, 2G or 65536, not '0'"},
        Mistake{{"run", "--max-bytes", "4095"},
                "option '--max-bytes' needs at least 4 KiB, the smallest array; not '4095'"},
        Mistake{{"list", "--max-bytes", "big"},
                "option '--max-bytes' needs a size like 1MiB, 2G or 65536, not 'big'",
                "cardwise list --help"}));

INSTANTIATE_TEST_SUITE_P(
    Texts, UsageErrorText,
    testing::Values(
        Mistake{{"run", "--output", ""},
                "option '--output' needs a folder or a .h5 file, not an empty text"},
        Mistake{{"run", "--json", ""}, "option '--json' needs a file, not an empty text"},
        Mistake{{"run", "--platform", ""},
                "option '--platform' needs the name of an OpenCL platform, not an empty text"},
        Mistake{{"run", "--filter", ""},
                "option '--filter' needs a regular expression, not an empty text"},
        Mistake{{"run", "--filter", "-"},
                "option '--filter' needs a regular expression, not an empty text"},
        Mistake{
            {"run", "--image", "a.json"},
            "--image 'a.json' is none of .aocx .xclbin .ptx .cubin .clbin; its manifest lies beside it "
            "as FILE.json and is not named"},
        Mistake{
            {"run", "--system", "a/b"},
            "--system 'a/b' cannot be the name of a folder: no '/', no '.' in front, not empty"},
        Mistake{{"run", "--system", ".."},
                "--system '..' cannot be the name of a folder: no '/', no '.' in front, not "
                "empty"}));

INSTANTIATE_TEST_SUITE_P(
    Contradictions, UsageErrorText,
    testing::Values(Mistake{{"run", "--backend", "cuda", "--platform", "Intel"},
                            "--platform names an OpenCL platform, but --backend is cuda alone"},
                    Mistake{{"run", "--backend", "cuda", "--type", "fpga,cpu"},
                            "--backend cuda finds no card of --type fpga,cpu: CUDA cards are gpu"},
                    Mistake{{"run", "--json", "x.h5", "--output", "x.h5"},
                            "--json and --output are the same file 'x.h5'"}));

INSTANTIATE_TEST_SUITE_P(
    GoogleBenchmark, UsageErrorText,
    testing::Values(
        Mistake{{"run", "--benchmark_filter=gemm"},
                "'--benchmark_filter' is Google Benchmark's; cardwise says '--filter'"},
        Mistake{{"run", "--benchmark_out=x.json"},
                "'--benchmark_out' is Google Benchmark's; cardwise says '--json'"},
        Mistake{{"run", "--benchmark_repetitions=3"},
                "'--benchmark_repetitions' is Google Benchmark's; cardwise says '--rounds'"},
        Mistake{{"run", "--benchmark_min_time=1"},
                "'--benchmark_min_time' is Google Benchmark's; cardwise says '--profile'"},
        Mistake{{"--benchmark_list_tests"},
                "'--benchmark_list_tests' is Google Benchmark's; cardwise says 'cardwise list'",
                "cardwise --help"},
        Mistake{{"run", "--benchmark_counters_tabular=true"},
                "'--benchmark_counters_tabular' is Google Benchmark's; cardwise has no such "
                "option"}));

// The library's own words follow; only that they are there is ours.
TEST(UsageErrors, ABrokenExpressionIsNamed) {
  const char* const words[] = {"cardwise", "run", "--filter", "-mem/(triad"};

  const ParsedCommandLine parsed = parse_command_line(4, words, "version");

  EXPECT_EQ(parsed.text.find("cardwise: --filter '-mem/(triad' is no regular expression: "), 0u);
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_TRUE(parsed.to_stderr);
}

}  // namespace
}  // namespace cardwise
