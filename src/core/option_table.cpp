// SPDX-License-Identifier: Apache-2.0
// The values of options: what is understood, what is refused and with which words.
#include "core/option_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <regex>

#include "core/error.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

using Words = std::vector<std::string>;

const Words& profiles() {
  static const Words words = {"smoke", "quick", "standard", "full", "burn-in"};
  return words;
}

const Words& progresses() {
  static const Words words = {"auto", "bar", "plain", "none"};
  return words;
}

// The place of the value among the words, e.g. "unknown profile 'quik'; did you mean 'quick'?".
std::size_t choose(const std::string& what, const std::string& value, const Words& words) {
  const auto found = std::find(words.begin(), words.end(), value);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  throw UsageError(fmt::format("unknown {} '{}'{}", what, value, suggestion(value, words)));
}

Words read_list(const std::string& option, const std::string& value) {
  Words parts = split(value, ',');
  if (parts.empty() || std::find(parts.begin(), parts.end(), "") != parts.end()) {
    throw UsageError(fmt::format("option '{}' needs a list like a,b without empty parts, not '{}'",
                                 option, value));
  }
  return parts;
}

Words choose_list(const std::string& option, const std::string& what, const std::string& value,
                  const Words& words) {
  Words chosen;
  for (const std::string& part : read_list(option, value)) {
    choose(what, part, words);
    if (std::find(chosen.begin(), chosen.end(), part) != chosen.end()) {
      throw UsageError(fmt::format("option '{}' names '{}' twice", option, part));
    }
    chosen.push_back(part);
  }
  return chosen;
}

template <class Number>
std::optional<Number> read_number(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

double read_seconds(const std::string& option, const std::string& value, bool ok(double),
                    const char* wanted) {
  const std::optional<double> seconds = read_number<double>(value);
  if (seconds && std::isfinite(*seconds) && ok(*seconds)) return *seconds;
  throw UsageError(
      fmt::format("option '{}' needs a number of seconds {}, not '{}'", option, wanted, value));
}

std::string read_text(const std::string& option, const std::string& value, const char* wanted) {
  if (!value.empty()) return value;
  throw UsageError(fmt::format("option '{}' needs {}, not an empty text", option, wanted));
}

void read_filter(Options& options, const std::string& value) {
  const std::string expression = value.substr(value.starts_with('-') ? 1 : 0);
  read_text("--filter", expression, "a regular expression");
  try {
    std::regex(expression, std::regex::ECMAScript);
  } catch (const std::regex_error& error) {
    throw UsageError(
        fmt::format("--filter '{}' is no regular expression: {}", value, error.what()));
  }
  options.filters.push_back(value);
}

void read_cards(Options& options, const std::string& value) {
  options.cards = read_list("--card", value);
  for (const std::string& card : options.cards) {
    const bool number = card.find_first_not_of("0123456789") == std::string::npos;
    if (card.starts_with('-') || (number && !read_number<int>(card))) {
      throw UsageError(fmt::format(
          "--card '{}' is no index (0, 1, …), UUID (GPU-…) or PCI address (0000:17:00.0); see "
          "'cardwise devices'",
          card));
    }
  }
}

void read_image(Options& options, const std::string& value) {
  const Words kinds = {".aocx", ".xclbin", ".ptx", ".cubin", ".clbin"};
  const auto fits = [&](const std::string& kind) { return value.ends_with(kind); };
  if (std::none_of(kinds.begin(), kinds.end(), fits)) {
    throw UsageError(
        fmt::format("--image '{}' is none of {}; its manifest lies beside it as "
                    "FILE.json and is not named",
                    value, join(kinds, " ")));
  }
  options.images.push_back(value);
}

void read_max_bytes(Options& options, const std::string& value) {
  options.max_bytes = parse_size(value);
  if (!options.max_bytes || *options.max_bytes == 0) {
    throw UsageError(
        fmt::format("option '--max-bytes' needs a size like 1MiB, 2G or 65536, not '{}'", value));
  }
  // No benchmark has a smaller array: a cap below it would not be kept.
  if (*options.max_bytes < 4096)
    throw UsageError(fmt::format(
        "option '--max-bytes' needs at least 4 KiB, the smallest array; not '{}'", value));
}

void read_scaling(Options&, const std::string& value) {
  choose("scaling", value, {"weak", "strong"});
  throw UsageError(
      fmt::format("--scaling {} is not in this release; make one run for each number of nodes and "
                  "compare the files",
                  value));
}

void read_rounds(Options& options, const std::string& value) {
  options.rounds = read_number<int>(value);
  if (options.rounds && *options.rounds >= 1 && *options.rounds <= 256) return;
  throw UsageError(
      fmt::format("option '--rounds' needs a whole number from 1 to 256, not '{}'", value));
}

void read_seed(Options& options, const std::string& value) {
  options.seed = read_number<std::uint64_t>(value);
  if (options.seed) return;
  throw UsageError(
      fmt::format("option '--seed' needs a whole number from 0 to 2^64 - 1, not '{}'", value));
}

void read_rank(Options& options, const std::string& value) {
  const auto rank = read_number<std::uint32_t>(value);
  if (!rank || *rank > 10'000'000)
    throw UsageError(fmt::format("option '--rank' needs a rank from 0 on, not '{}'", value));
  options.fault_rank = int(*rank);
}

void read_system(Options& options, const std::string& value) {
  // It becomes a folder of the output.
  const auto bad = [](unsigned char c) { return c == '/' || c == '\\' || c < 0x20; };
  if (value.empty() || value.front() == '.' || std::any_of(value.begin(), value.end(), bad)) {
    throw UsageError(fmt::format(
        "--system '{}' cannot be the name of a folder: no '/', no '.' in front, not empty", value));
  }
  options.system = value;
}

constexpr unsigned all_commands = by_devices | by_list | by_run | by_selftest;
constexpr unsigned selects = by_list | by_run;
constexpr unsigned measures = by_run | by_selftest;

constexpr auto table = std::to_array<OptionSpec>({
    {"--profile", "P", selects, "smoke (seconds, for a prolog), quick, standard, full, or\n"
     "burn-in (rounds until --time-budget; default: standard)",
     [](Options& o, const std::string& v) {
       o.profile = static_cast<Profile>(choose("profile", v, profiles()));
     }},
    {"--filter", "REGEX", selects,
     "cases whose key or id holds it; a leading '-' excludes;\n"
     "may be repeated: a case must pass each (default: all)",
     read_filter},
    {"--backend", "LIST", all_commands, "of cuda,opencl (default: all that find the card)",
     [](Options& o, const std::string& v) {
       o.backends = choose_list("--backend", "backend", v, {"cuda", "opencl"});
     }},
    {"--type", "LIST", all_commands,
     "of gpu,fpga,cpu,emulated (default: gpu,fpga;\n"
     "'cardwise devices': all)",
     [](Options& o, const std::string& v) {
       o.types = choose_list("--type", "type", v, {"gpu", "fpga", "cpu", "emulated"});
     }},
    {"--platform", "NAME", selects | by_selftest,
     "whole name of the OpenCL platform (default: any)",
     [](Options& o, const std::string& v) {
       o.platform = read_text("--platform", v, "the name of an OpenCL platform");
     }},
    {"--card", "LIST", measures,
     "the i-th rank of a node takes the i-th: index, UUID or PCI\n"
     "address (default: the only one visible, else by local rank)",
     read_cards},
    {"--allow-sharing", "", measures, "several ranks on one card",
     [](Options& o, const std::string&) { o.allow_sharing = true; }},
    {"--allow-missing", "", by_run,
     "a rank without a healthy card measures nothing and does not\n"
     "end the run; the exit code (3) says so",
     [](Options& o, const std::string&) { o.allow_missing = true; }},
    {"--image", "FILE", selects,
     "kernels built before: .ptx .cubin .aocx .xclbin .clbin, with its\n"
     "manifest FILE.json beside it; may be repeated",
     read_image},
    {"--same-code", "", selects,
     "each kernel once more, from one PTX through CUDA and OpenCL: tells\n"
     "the API's cost from the compiler's",
     [](Options& o, const std::string&) { o.same_code = true; }},
    {"--max-bytes", "SIZE", selects, "cap of one array, e.g. 1MiB (default: none)", read_max_bytes},
    {"--scaling", "weak|strong", selects, "not in this release", read_scaling},
    {"--rounds", "N", by_run,
     "visits to each case, 1 to 256; fewer than 6 give no interval\n"
     "(default: 6, smoke 3, full 12, burn-in 256)",
     read_rounds},
    {"--time-budget", "S", by_run,
     "starts no round that would exceed it, after at least 3\n"
     "(default: none, standard 1200, burn-in 1800)",
     [](Options& o, const std::string& v) {
       o.time_budget_s = read_seconds(
           "--time-budget", v, [](double s) { return s > 0; }, "above 0");
     }},
    {"--timeout", "S", by_run, "without progress in one step the run ends (default: 120)",
     [](Options& o, const std::string& v) {
       o.timeout_s = read_seconds(
           "--timeout", v, [](double s) { return s >= 1; }, "of at least 1");
     }},
    {"--wait", "MODE", measures, "for the card: spin, yield or block (default: spin)",
     [](Options& o, const std::string& v) {
       choose("wait mode", v, {"spin", "yield", "block"});
       o.wait = v;
     }},
    {"--seed", "N", by_run, "order of cases (default: random, stored in the file)", read_seed},
    {"--board", "NAME", by_image, "which card the image is for, e.g. emulator, 520n-mx",
     [](Options& o, const std::string& v) { o.board = read_text("--board", v, "a board's name"); }},
    {"--program", "NAME", by_image,
     "which of the board's programs: all, or one of fewer kernels\n"
     "and more replications (default: all)",
     [](Options& o, const std::string& v) { o.program = read_text("--program", v, "a name"); }},
    {"--output", "PATH", measures | by_image, "folder; for run also the .h5 file itself (default: results;\n"
     "'cardwise image': images)",
     [](Options& o, const std::string& v) {
       o.output = read_text("--output", v, "a folder or a .h5 file");
       for (const char* other : {".hdf5", ".hdf", ".he5", ".nc", ".json", ".csv"})
         if (v.ends_with(other))
           throw UsageError(fmt::format("--output '{}': a result file ends in .h5", v));
     }},
    {"--system", "NAME", measures,
     "name of the machine (default: CARDWISE_SYSTEM, else\n"
     "SLURM_CLUSTER_NAME, else the first rank's host)",
     read_system},
    {"--tag", "TEXT", by_run, "free text, stored in the file",
     [](Options& o, const std::string& v) { o.tag = v; }},
    {"--json", "FILE", by_run, "Google Benchmark's JSON as well",
     [](Options& o, const std::string& v) { o.json_file = read_text("--json", v, "a file"); }},
    {"--progress", "MODE", by_run, "auto, bar, plain or none (default: auto)",
     [](Options& o, const std::string& v) {
       o.progress = static_cast<Progress>(choose("progress mode", v, progresses()));
     }},
    {"--recheck", "", by_run,
     "measure each case's three slowest cards again at the end, alone and\n"
     "beside another, in at most 15 % more time (default: all\n"
     "profiles but smoke and quick)",
     [](Options& o, const std::string&) { o.recheck = true; }},
    {"--no-recheck", "", by_run, "do not",
     [](Options& o, const std::string&) { o.recheck = false; }},
    {"--no-telemetry", "", measures, "do not read sensors",
     [](Options& o, const std::string&) { o.telemetry = false; }},
    {"--fault", "NAME", by_selftest,
     "slow, wrong, low-bit, zero, constant, nan, hang, error,\n"
     "lost or same-card; may be repeated (default: all)",
     [](Options& o, const std::string& v) {
       choose("fault", v,
              {"slow", "wrong", "low-bit", "zero", "constant", "nan", "hang", "error", "lost",
               "same-card"});
       o.alarms.push_back(v);
     }},
    {"--rank", "R", by_selftest, "plants it on this rank (default: the last)", read_rank},
    {"--json", "", by_devices, "as JSON", [](Options& o, const std::string&) { o.json = true; }},
});

}  // namespace

unsigned bit_of(Command command) { return 1u << static_cast<unsigned>(command); }

const char* name_of(Command command) {
  constexpr std::array names = {"devices", "list", "run", "selftest", "image"};
  return names.at(static_cast<std::size_t>(command));
}

const char* name_of(Profile profile) {
  return profiles().at(static_cast<std::size_t>(profile)).c_str();
}

const char* name_of(Progress progress) {
  return progresses().at(static_cast<std::size_t>(progress)).c_str();
}

std::span<const OptionSpec> option_table() { return table; }

void check_contradictions(const Options& options) {
  if (options.action == "build" && options.board.empty())
    throw UsageError("'cardwise image build' needs --board NAME, the card that it is for");
  if (options.action == "check" && options.images.empty())
    throw UsageError("'cardwise image check' needs the image: cardwise image check FILE");
  const bool only_cuda = options.backends == Words{"cuda"};
  if (only_cuda && !options.platform.empty()) {
    throw UsageError("--platform names an OpenCL platform, but --backend is cuda alone");
  }
  const auto can_be_cuda = [](const std::string& type) {
    return type == "gpu" || type == "emulated";
  };
  if (only_cuda && std::none_of(options.types.begin(), options.types.end(), can_be_cuda)) {
    throw UsageError(fmt::format("--backend cuda finds no card of --type {}: CUDA cards are gpu",
                                 join(options.types, ",")));
  }
  if (!options.json_file.empty() && options.json_file == options.output) {
    throw UsageError(fmt::format("--json and --output are the same file '{}'", options.output));
  }
}

std::string suggestion(const std::string& word, std::span<const std::string> candidates) {
  const std::string near = closest(word, candidates);
  if (!near.empty()) return fmt::format("; did you mean '{}'?", near);
  return fmt::format("; there are {}", join(candidates, ", "));
}

}  // namespace cardwise
