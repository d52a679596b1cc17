// SPDX-License-Identifier: Apache-2.0
// Which defines each kernel is tested with, and the one text that every compiler gets.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace cardwise::kernel_tests {

using Defines = std::map<std::string, std::string>;

/// Names of the kernels in `folder`, sorted: "copy" for copy.cl.
std::vector<std::string> kernel_names(const std::string& folder);

/// The dialect's header and `file` (a path) as one text, as the program itself joins them.
std::string flattened(const std::string& header, const std::string& file);

/// The sets of defines that cards get for `kernel`: every REAL, WIDTH, and TAIL on and off. A
/// kernel that no table knows gets the sets of a plain one-dimensional kernel.
std::vector<Defines> card_variants(const std::string& kernel);

/// gemm's defines for tiles given in the order of the table in gemm.cl.
Defines gemm_tiles(const std::string& real, const std::vector<int>& numbers);

/// "REAL=float WIDTH=4 ...": for messages.
std::string label(const Defines& defines);

/// True if the comma-separated environment variable CARDWISE_REQUIRE contains `what`.
bool required(const std::string& what);

}  // namespace cardwise::kernel_tests
