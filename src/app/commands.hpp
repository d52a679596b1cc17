// SPDX-License-Identifier: Apache-2.0
// The commands behind the command line; each returns the process's exit code.
#pragma once

#include <string>

#include "core/options.hpp"

namespace cardwise {

/// This node's cards. No MPI.
int devices_command(const Options& options);

/// The cases that would run on this node's first wanted card. No MPI.
int list_command(const Options& options);

/// The main job, over all ranks.
int run_command(const Options& options, int argc, char** argv);

/// Plants one fault after the other in short runs: 0 only if every alarm rang.
int selftest_command(const Options& options, int argc, char** argv);

/// Builds an image, or says what is in one and whether it is whole. No MPI.
int image_command(const Options& options);

/// Version, git revision and the libraries' versions.
std::string version_text();

}  // namespace cardwise
