// SPDX-License-Identifier: Apache-2.0
// `cardwise run`: the main job, once.
#include "app/commands.hpp"
#include "app/main_job.hpp"
#include "app/mpi_process.hpp"

namespace cardwise {

int run_command(const Options& given, int argc, char** argv) {
  const std::string command_line = joined_command_line(argc, argv);
  return in_mpi_process(given, argc, argv, [&](Comm& comm, const Options& options) {
    return main_job(comm, options, {.command_line = command_line, .out = stdout, .on_hang = {}})
        .code;
  });
}

}  // namespace cardwise
