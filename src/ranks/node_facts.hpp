// SPDX-License-Identifier: Apache-2.0
// What this node is (/nodes): read from /proc and /sys, each fact unknown where it cannot be read.
#pragma once

#include <filesystem>

#include "core/record.hpp"
#include "ranks/cpu_binding.hpp"

namespace cardwise {

/// Never throws. `root` stands before /proc and /sys, for tests.
NodeRow node_facts(const MachineShape& shape, const std::filesystem::path& root = "/");

}  // namespace cardwise
