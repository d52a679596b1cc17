// SPDX-License-Identifier: Apache-2.0
// Who ran what, when and with which libraries: the root's attributes and /provenance.
#pragma once

#include <cstdint>
#include <string>

#include "core/options.hpp"
#include "core/record.hpp"

namespace cardwise {

/// --system, CARDWISE_SYSTEM, SLURM_CLUSTER_NAME, else the host's name.
std::string system_name(const Options& options, const std::string& host);

/// The record of a run that begins now. Of the environment only what concerns the measurement is
/// kept: all of it may hold secrets.
RunRecord begin_record(const Options& options, const std::string& command_line,
                       const std::string& host, std::uint64_t seed);

/// Now, as ISO 8601 with Z.
std::string now_utc();

}  // namespace cardwise
