// SPDX-License-Identifier: Apache-2.0
// The node's own name, as every message and file has it.
#pragma once

#include <string>

namespace cardwise {

/// gethostname(2), cut at 255 characters; "" where there is none.
std::string host_name();

}  // namespace cardwise
