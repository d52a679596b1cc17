// SPDX-License-Identifier: Apache-2.0
// What surrounds every command that measures: environment, signals, MPI, errors, exit code.
#pragma once

#include <functional>

#include "core/options.hpp"
#include "ranks/comm.hpp"

namespace cardwise {

/// Runs `work` with rank 0's options on all ranks and returns its exit code. What it throws is said
/// once: a StartError with its own code, anything else as an internal error that ends all ranks.
int in_mpi_process(const Options& given, int argc, char** argv,
                   const std::function<int(Comm&, const Options&)>& work);

/// As it was typed, for the file.
std::string joined_command_line(int argc, char** argv);

}  // namespace cardwise
