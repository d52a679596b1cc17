// SPDX-License-Identifier: Apache-2.0
// From main() to the ranks, and back with one exit code.
#include "app/mpi_process.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "app/start.hpp"
#include "core/error.hpp"
#include "core/json.hpp"
#include "ranks/crash_words.hpp"
#include "ranks/stop_signal.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): not in every unistd.h

namespace cardwise {
namespace {

/// What changes the measurement behind our back is set before any library looks. Google Benchmark
/// reads BENCHMARK_* before main() begins, so with one of them set the program starts itself anew.
void settle_environment(char** argv) {
  setenv("CUDA_MODULE_LOADING", "EAGER", 1);  // a kernel loaded lazily would be timed
  std::vector<std::string> theirs;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (const std::string line = *entry; line.starts_with("BENCHMARK_"))
      theirs.push_back(line.substr(0, line.find('=')));
  if (theirs.empty()) return;
  for (const std::string& name : theirs) unsetenv(name.c_str());
  execv("/proc/self/exe", argv);
  throw Error("cannot start anew without BENCHMARK_* in the environment: unset them");
}

/// Collective: rank 0's options, with a seed drawn where none was given.
Options agreed_options(const Comm& comm, Options options) {
  if (comm.root() && !options.seed) options.seed = std::random_device{}() % 1'000'000'007;
  return options_from_json(comm.broadcast(to_json(options)));
}

}  // namespace

std::string joined_command_line(int argc, char** argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) line += (i == 0 ? "" : " ") + std::string(argv[i]);
  return line;
}

int in_mpi_process(const Options& given, int argc, char** argv,
                   const std::function<int(Comm&, const Options&)>& work) {
  settle_environment(argv);
  install_stop_signals();
  Comm comm(&argc, &argv);
  install_crash_words();
  announce_stop_signals(comm.root());
  const Options options = agreed_options(comm, given);
  try {
    const int code = work(comm, options);
    announce_stop_signals(false);  // a launcher ends the others once one of them has failed
    return code;
  } catch (const StartError& error) {
    announce_stop_signals(false);
    if (comm.root()) std::fprintf(stderr, "cardwise: %s\n", error.text.c_str());
    return int(error.code);
  } catch (const std::exception& error) {
    // Not agreed on: the other ranks may wait for this one for ever.
    std::fprintf(stderr, "cardwise: rank %d: internal error: %s\n", comm.rank(), error.what());
    comm.abort(int(ExitCode::ended_early));
  }
}

}  // namespace cardwise
