// SPDX-License-Identifier: Apache-2.0
// Which variables of the environment a result file keeps: an allow-list, since the rest may hold
// secrets.
#pragma once

#include <string>
#include <vector>

namespace cardwise {

/// "NAME=value" lines of what changes a run: MPI, OpenCL, CUDA, OpenMP, the loader, cardwise. A
/// name that speaks of a key, token or password is left out all the same.
std::string recorded_environment();

/// The same of Slurm's job: numbers, node list, GPUs, CPUs, and nothing of its credentials.
std::string recorded_slurm_environment();

/// "NAME=value" of the variables in force that put a library between cardwise and a driver: what
/// they name can change every result.
std::vector<std::string> interposers();

}  // namespace cardwise
