// SPDX-License-Identifier: Apache-2.0
// The command line, read by CLI11 from the table of options; help and refusals.
#include "core/options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>
#include <utility>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/option_table.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

constexpr std::array commands = {Command::devices, Command::list, Command::run, Command::selftest,
                                 Command::image};

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command command : commands) names.emplace_back(name_of(command));
  return names;
}

const char* purpose(Command command) {
  switch (command) {
    case Command::devices:
      return "this node's cards, as each API sees them";
    case Command::list:
      return "the cases that would run here, with their time and memory";
    case Command::selftest:
      return "plant faults in real runs on these cards: does every alarm ring?";
    case Command::image:
      return "build kernels before a run ('image build'), or look into an image ('image check')";
    case Command::run:
      break;
  }
  return "measure every card of the job, one MPI rank a card";
}

const char* examples(Command command) {
  switch (command) {
    case Command::devices:
      return "  cardwise devices\n"
             "  cardwise devices --json --type gpu\n";
    case Command::list:
      return "  cardwise list --profile quick\n"
             "  cardwise list --type cpu --filter 'mem/.*dtype=f64'\n";
    case Command::selftest:
      return "  srun -N 2 --ntasks-per-node=4 --gpus-per-task=1 cardwise selftest\n"
             "  mpirun -n 2 cardwise selftest --fault wrong --rank 1\n";
    case Command::image:
      return "  cardwise image build --board emulator --output images/\n"
             "  cardwise image check images/emulator.aocx\n";
    case Command::run:
      break;
  }
  return "  srun -N 16 --ntasks-per-node=4 --gpus-per-task=1 cardwise run --output results/\n"
         "  srun -N 4 --ntasks-per-node=4 --gpus-per-task=1 cardwise run --profile burn-in \\\n"
         "      --time-budget 7200\n"
         "  mpirun -n 4 cardwise run --profile quick --filter 'gemm|saxpy' --backend cuda,opencl\n"
         "  cardwise run --type cpu --profile quick --filter -api/\n";
}

const char* exit_codes(Command command) {
  switch (command) {
    case Command::devices:
    case Command::list:
      return "  0  they are listed\n"
             "  2  usage or input\n"
             "  3  no card\n";
    case Command::selftest:
      return "  0  every alarm rang\n"
             "  1  an alarm did not ring, or a case of the run without a fault was not ok\n"
             "  2  usage or input; nothing was measured\n"
             "  3  binding: no card, fewer cards than ranks, two ranks on one card\n"
             "  4  ended early: signal, internal error\n";
    case Command::image:
      return "  0  the image is built, or whole\n"
             "  2  usage; no compiler, or it failed; an image that is not what its manifest says\n";
    case Command::run:
      break;
  }
  return "  0  every selected case is ok, or skipped with its reason\n"
         "  1  a case failed, or its result was wrong or implausible\n"
         "  2  usage or input; nothing was measured\n"
         "  3  binding: no card, fewer cards than ranks, two ranks on one card, a card lost\n"
         "  4  ended early: signal, watchdog, internal error, or the file could not be written\n";
}

std::string general_help() {
  std::string text =
      "cardwise measures every accelerator card of a cluster, one MPI rank a card.\n\n"
      "Usage: cardwise COMMAND [OPTIONS]\n\nCommands:\n";
  for (const Command command : commands) {
    text += fmt::format("  {:<12}{}\n", name_of(command), purpose(command));
  }
  text +=
      "\nOptions:\n"
      "  -h, --help  this text; 'cardwise COMMAND --help' has a command's options\n"
      "  --version   version, git revision, libraries\n\nExamples:\n";
  for (const Command command : commands) text += examples(command);
  return text + "\nExit codes (of run; 'cardwise COMMAND --help' has a command's):\n" +
         exit_codes(Command::run);
}

std::string command_help(Command command) {
  const bool image = command == Command::image;
  const std::string what = purpose(command);
  std::string text = fmt::format("cardwise {}: {}{}\n\nUsage: cardwise {}\n\nOptions:\n",
                                 name_of(command), what, what.ends_with('?') ? "" : ".",
                                 image ? "image build --board NAME [OPTIONS]\n"
                                         "       cardwise image check FILE..."
                                       : fmt::format("{} [OPTIONS]", name_of(command)));
  const auto line = [&](const std::string& option, const std::string& help) {
    std::string left = fmt::format("  {:<24}", option);
    for (const std::string& part : split(help, '\n')) {
      text += left + part + "\n";
      left = std::string(26, ' ');
    }
  };
  for (const OptionSpec& spec : option_table()) {
    if (spec.takers & bit_of(command)) line(fmt::format("{} {}", spec.name, spec.value), spec.help);
  }
  line("-h, --help", "this text");
  line("--version", "version, git revision, libraries");
  return text + "\nExamples:\n" + examples(command) + "\nExit codes:\n" +
         exit_codes(command);
}

// Google Benchmark's own flags: its loop runs inside ours, which has its own.
void refuse_google_benchmark(const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  if (!flag.starts_with("--benchmark_")) return;
  constexpr std::array<std::array<const char*, 2>, 9> ours = {{
      {"--benchmark_filter", "--filter"},
      {"--benchmark_out", "--json"},
      {"--benchmark_out_format", "--json"},
      {"--benchmark_format", "--json"},
      {"--benchmark_repetitions", "--rounds"},
      {"--benchmark_list_tests", "cardwise list"},
      {"--benchmark_min_time", "--profile"},
      {"--benchmark_min_warmup_time", "--profile"},
      {"--benchmark_context", "--tag"},
  }};
  for (const auto& [theirs, name] : ours) {
    if (flag != theirs) continue;
    throw UsageError(fmt::format("'{}' is Google Benchmark's; cardwise says '{}'", flag, name));
  }
  throw UsageError(fmt::format("'{}' is Google Benchmark's; cardwise has no such option", flag));
}

// "quick" alone means "--profile quick", and so on for the options with a closed set of values.
std::string forgotten_option(const std::string& word) {
  for (const OptionSpec& spec : option_table()) {
    const std::string name = spec.name;
    if (name != "--profile" && name != "--backend" && name != "--type") continue;
    try {
      Options scratch;
      spec.apply(scratch, word);
      return fmt::format("; did you mean '{} {}'?", name, word);
    } catch (const UsageError&) {
      continue;  // not a value of this one
    }
  }
  return "";
}

// A word that CLI11 could not place: says why, and never returns.
[[noreturn]] void refuse_word(const std::string& word, Command command) {
  const std::string name = word.substr(0, word.find('='));
  if (!word.starts_with('-') || word == "--") {
    throw UsageError(fmt::format("unexpected argument '{}'{}", word, forgotten_option(word)));
  }
  refuse_google_benchmark(word);
  std::vector<std::string> known = {"--help", "--version"}, takers;
  for (const OptionSpec& spec : option_table()) {
    if (spec.takers & bit_of(command)) known.emplace_back(spec.name);
    for (const Command other : commands) {
      if (name == spec.name && spec.takers & bit_of(other)) {
        takers.push_back(fmt::format("'cardwise {}'", name_of(other)));
      }
    }
  }
  if (!takers.empty()) {
    throw UsageError(fmt::format("option '{}' is for {}, not for 'cardwise {}'", name,
                                 join(takers, " and "), name_of(command)));
  }
  const std::string near = closest(name, known);
  throw UsageError(fmt::format("unknown option '{}'{}", name,
                               near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

// CLI11 takes whatever follows as the value: "--output --profile quick" must not make a folder.
void check_value(const OptionSpec& spec, const std::string& word, const std::string* next) {
  const std::string name = spec.name;
  if (!*spec.value) {
    if (!word.starts_with(name + "=")) return;
    throw UsageError(fmt::format("option '{}' takes no value", name));
  }
  if (word == name + "=" || (word == name && !next)) {
    throw UsageError(fmt::format("option '{}' needs a value: {}", name, spec.value));
  }
  if (word == name && next->starts_with("--")) {
    throw UsageError(
        fmt::format("option '{}' needs a value ({}) before '{}'", name, spec.value, *next));
  }
}

void check_values(const std::vector<std::string>& words, Command command) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (const OptionSpec& spec : option_table()) {
      if (!(spec.takers & bit_of(command))) continue;
      check_value(spec, words[i], i + 1 < words.size() ? &words[i + 1] : nullptr);
    }
  }
}

// The first word: a command, or why it is none.
std::optional<Command> find_command(const std::vector<std::string>& words) {
  if (words.empty())
    throw UsageError(fmt::format("no command given; there are {}", join(command_names(), ", ")));
  for (const Command command : commands) {
    if (words.front() == name_of(command)) return command;
  }
  const std::string& word = words.front();
  if (word == "--help" || word == "-h" || word == "help" || word == "--version")
    return std::nullopt;
  if (!word.starts_with('-')) {
    throw UsageError(fmt::format("unknown command '{}'{}", word, suggestion(word, command_names())));
  }
  refuse_google_benchmark(word);
  const std::string name = word.substr(0, word.find('='));
  for (const OptionSpec& spec : option_table()) {
    if (name != spec.name) continue;
    throw UsageError(fmt::format("option '{}' stands behind the command: cardwise {} {}", name,
                                 spec.takers & by_run        ? "run"
                                 : spec.takers & by_selftest ? "selftest"
                                 : spec.takers & by_image    ? "image"
                                                             : "devices",
                                 word));
  }
  refuse_word(word, Command::run);
}

// `image`'s words that are no options: what to do, and the files. Takes them out of `rest`.
void read_action(Options& options, std::vector<std::string>& rest) {
  const std::vector<std::string> known = {"build", "check"};
  if (rest.empty()) throw UsageError("'cardwise image' needs 'build' or 'check' behind it");
  if (std::find(known.begin(), known.end(), rest.front()) == known.end())
    throw UsageError(fmt::format("unknown 'cardwise image {}'{}", rest.front(),
                                 suggestion(rest.front(), known)));
  options.action = rest.front();
  options.output = "images";
  rest.erase(rest.begin());
  const auto file = [](const std::string& word) { return !word.starts_with('-'); };
  if (options.action == "build") return;
  const auto first_other = std::find_if_not(rest.begin(), rest.end(), file);
  options.images.assign(rest.begin(), first_other);
  rest.erase(rest.begin(), first_other);
}

// Options of one command line, or nothing where help or version were asked for (`text`).
std::optional<Options> read_command(Command command, std::vector<std::string> words,
                                    const std::string& version_text, std::string& text) {
  CLI::App app("cardwise");
  app.set_help_flag("");
  app.allow_extras();
  bool help = false, version = false;
  app.add_flag("-h,--help", help);
  app.add_flag("--version", version);
  std::vector<std::pair<const OptionSpec*, std::string>> seen;
  for (const OptionSpec& spec : option_table()) {
    if (!(spec.takers & bit_of(command))) continue;
    if (*spec.value) {
      // At each occurrence: CLI11's own vectors would take a filter like "[ab]" for a list.
      app.add_option_function<std::string>(
             spec.name, [&](const std::string& value) { seen.emplace_back(&spec, value); })
          ->trigger_on_parse();
    } else {
      app.add_flag_callback(spec.name, [&] { seen.emplace_back(&spec, ""); });
    }
  }
  check_values(words, command);
  std::reverse(words.begin(), words.end());  // as CLI11 wants it
  app.parse(std::move(words));
  if (help || version) {
    text = help ? command_help(command) : version_text;
    return std::nullopt;
  }
  Options options{.command = command};
  std::vector<std::string> rest = app.remaining();
  if (command == Command::image) read_action(options, rest);
  if (!rest.empty()) refuse_word(rest.front(), command);
  if (command == Command::devices) options.types = {"gpu", "fpga", "cpu", "emulated"};
  for (const auto& [spec, value] : seen) spec->apply(options, value);
  check_contradictions(options);
  return options;
}

}  // namespace

int rounds_of(const Options& options) {
  if (options.rounds) return *options.rounds;
  switch (options.profile) {
    case Profile::smoke:
      return 3;
    case Profile::full:
      return 12;
    case Profile::burn_in:  // until its time is over
      return 256;
    default:
      return 6;
  }
}

int level_of(Profile profile) {
  if (profile == Profile::full) return 2;
  return profile == Profile::standard || profile == Profile::burn_in ? 1 : 0;
}

std::optional<double> time_budget_of(const Options& options) {
  if (options.time_budget_s) return options.time_budget_s;
  if (options.profile == Profile::standard) return 1200;
  if (options.profile == Profile::burn_in) return 1800;
  return {};
}

bool recheck_of(const Options& options) {
  return options.recheck.value_or(level_of(options.profile) > 0);
}

ParsedCommandLine parse_command_line(int argc, const char* const* argv,
                                     const std::string& version_text) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  ParsedCommandLine parsed;
  const auto refuse = [&](const std::string& what, const std::string& help) {
    parsed.text = fmt::format("cardwise: {}\nSee '{}'.\n", what, help);
    parsed.exit_code = static_cast<int>(ExitCode::usage);
    parsed.to_stderr = true;
  };
  std::string help = "cardwise --help";
  try {
    for (const std::string& word : words)  // a path would come out of the broadcast as another one
      if (!is_utf8(word))
        throw UsageError(fmt::format("{} is not UTF-8: rename it, or set a UTF-8 locale (LANG)",
                                     json_string(word)));
    const std::optional<Command> command = find_command(words);
    if (!command) {
      parsed.text = words.front() == "--version" ? version_text : general_help();
    } else {
      help = fmt::format("cardwise {} --help", name_of(*command));
      parsed.options =
          read_command(*command, {words.begin() + 1, words.end()}, version_text, parsed.text);
    }
  } catch (const CLI::Error& error) {
    refuse(error.what(), help);
  } catch (const UsageError& error) {
    refuse(error.what(), help);
  }
  if (!parsed.text.empty() && parsed.text.back() != '\n') parsed.text += '\n';
  return parsed;
}

bool matches(const Options& options, const std::string& case_key, const std::string& case_id) {
  return std::all_of(
      options.filters.begin(), options.filters.end(), [&](const std::string& filter) {
        const bool excludes = filter.starts_with('-');
        const std::string text = filter.substr(excludes ? 1 : 0);
        const std::regex expression(text, std::regex::ECMAScript);
        const auto found = [&](const std::string& name) {
          return name.find(text) != std::string::npos || std::regex_search(name, expression);
        };
        return (found(case_key) || found(case_id)) != excludes;
      });
}

}  // namespace cardwise
