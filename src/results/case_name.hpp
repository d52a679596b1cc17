// SPDX-License-Identifier: Apache-2.0
// Short names of cases: what a person needs to tell them apart, made from the case key.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/record.hpp"

namespace cardwise {

/// What of a case's name is left out, where the reader knows it already.
struct NameParts {
  bool family = true, backend = true;
};

/// "mem/saxpy f32 1GiB dram cuda" of mem/saxpy?backend=cuda&…: type, size (of one array in bytes;
/// of a matrix or grid in elements), cache or memory, path or phase, other parameters as name=value,
/// the API. What is no case key comes back as it is, but on one line.
std::string case_name(std::string_view case_key, NameParts parts = {});

/// Names of all rows; those that two cases would share are the whole keys instead.
std::vector<std::string> case_names(std::span<const CaseRow> rows, NameParts parts = {});

}  // namespace cardwise
