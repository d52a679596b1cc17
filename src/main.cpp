// SPDX-License-Identifier: Apache-2.0
// cardwise: parse, then one of five commands.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "app/commands.hpp"
#include "core/error.hpp"
#include "core/options.hpp"

namespace {

/// Of the processes of a launcher only the first speaks before MPI_Init; a single one always does.
bool first_process() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"})
    if (const char* rank = std::getenv(name)) return std::string(rank) == "0";
  return true;
}

/// The libraries are asked for their versions only where somebody wants to know: loading every
/// OpenCL runtime takes longer than all of --help.
std::string version_if_wanted(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string(argv[i]) == "--version") return cardwise::version_text();
  return "";
}

int dispatch(const cardwise::Options& options, int argc, char** argv) {
  switch (options.command) {
    case cardwise::Command::devices: return cardwise::devices_command(options);
    case cardwise::Command::list: return cardwise::list_command(options);
    case cardwise::Command::run: return cardwise::run_command(options, argc, argv);
    case cardwise::Command::selftest: return cardwise::selftest_command(options, argc, argv);
    case cardwise::Command::image: return cardwise::image_command(options);
  }
  return int(cardwise::ExitCode::usage);
}

}  // namespace

int main(int argc, char** argv) {
  const cardwise::ParsedCommandLine parsed =
      cardwise::parse_command_line(argc, argv, version_if_wanted(argc, argv));
  if (!parsed.options) {
    if (first_process()) std::fputs(parsed.text.c_str(), parsed.to_stderr ? stderr : stdout);
    return parsed.exit_code;
  }
  try {
    return dispatch(*parsed.options, argc, argv);
  } catch (const cardwise::UsageError& error) {
    if (first_process()) std::fprintf(stderr, "cardwise: %s\n", error.what());
    return int(cardwise::ExitCode::usage);
  } catch (const cardwise::BindingError& error) {
    if (first_process()) std::fprintf(stderr, "cardwise: %s\n", error.what());
    return int(cardwise::ExitCode::binding);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cardwise: %s\n", error.what());
    return int(cardwise::ExitCode::ended_early);
  }
}
