// SPDX-License-Identifier: Apache-2.0
// The command line: what was asked for, and what to say where it makes no sense.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cardwise {

enum class Command { devices, list, run, selftest, image };
enum class Profile { smoke, quick, standard, full, burn_in };
enum class Progress { automatic, bar, plain, none };

/// As on the command line: "run", "quick", "auto".
const char* name_of(Command command);
const char* name_of(Profile profile);
const char* name_of(Progress progress);

/// All that a user can ask for; the defaults are those of `cardwise run`. The same on every rank:
/// rank 0 parses and broadcasts (core/json.hpp).
struct Options {
  Command command = Command::run;
  Profile profile = Profile::standard;
  std::vector<std::string> filters = {};   ///< a case must pass each; a leading '-' excludes
  std::vector<std::string> backends = {};  ///< "cuda", "opencl"; empty: all that find the card
  std::vector<std::string> types = {"gpu", "fpga"};  ///< of gpu fpga cpu emulated
  std::string platform = {};                         ///< whole name of an OpenCL platform; "" any
  std::vector<std::string> cards = {};  ///< index, UUID or PCI address of the i-th local rank
  bool allow_sharing = false;
  bool allow_missing = false;
  std::vector<std::string> images = {};         ///< files; each has a manifest FILE.json
  bool same_code = false;  ///< NVRTC's PTX of each kernel through both APIs, too
  std::optional<std::uint64_t> max_bytes = {};  ///< cap of one array
  std::string scaling = {};                     ///< "" off
  std::optional<int> rounds = {};               ///< none: by profile (rounds_of)
  std::optional<double> time_budget_s = {};     ///< none: by profile (time_budget_of)
  double timeout_s = 120;                       ///< watchdog: no progress within one step
  std::string wait = "spin";                    ///< spin, yield, block
  std::optional<std::uint64_t> seed = {};       ///< none: rank 0 draws and stores one
  std::string output = "results";               ///< directory, or the .h5 file itself
  std::string system = {};                      ///< "" by environment (docs: --system)
  std::string tag = {};
  std::string json_file = {};  ///< Google Benchmark's JSON; "" none
  Progress progress = Progress::automatic;
  bool telemetry = true;
  std::optional<bool> recheck = {};  ///< the slowest cards again; none: by profile (recheck_of)
  bool json = false;  ///< `devices --json`
  std::string action = {};         ///< `image`: "build" or "check"
  std::string board = {};          ///< `image build --board`
  std::string program = "all";     ///< `image build --program`
  std::vector<std::string> alarms = {};  ///< `selftest --fault`; empty: all
  int fault_rank = -1;                   ///< `selftest --rank`; -1: the last

  bool operator==(const Options&) const = default;
};

/// Rounds asked for, else the profile's: 6, 6, 12.
int rounds_of(const Options& options);

/// Sizes and limits of a profile: 0 as quick, 1 as standard, 2 as full.
int level_of(Profile profile);

/// Seconds asked for, else the profile's: only standard has one (1200 s).
std::optional<double> time_budget_of(const Options& options);

/// Whether the run ends by measuring the slowest cards again.
bool recheck_of(const Options& options);

/// Options to act on, or a text to print and the exit code to end with (help, version, usage
/// error), which needs no MPI.
struct ParsedCommandLine {
  std::optional<Options> options = {};
  std::string text = {};  ///< ends in a newline
  int exit_code = 0;
  bool to_stderr = false;
};

/// Never throws for what a user typed; never touches the file system, MPI or a card.
ParsedCommandLine parse_command_line(int argc, const char* const* argv,
                                     const std::string& version_text);

/// Whether the case passes every --filter: searched as a regular expression (ECMAScript) and, so
/// that a pasted key with its '?' finds itself, as plain text, in key and id.
bool matches(const Options& options, const std::string& case_key, const std::string& case_id);

}  // namespace cardwise
