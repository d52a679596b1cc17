// SPDX-License-Identifier: Apache-2.0
// Options as JSON, for the broadcast from rank 0 and for the result file; text as JSON.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/options.hpp"

namespace cardwise {

/// All options as one JSON object on one line, keys as in Options; what is unset is null.
std::string to_json(const Options& options);

/// The inverse of to_json. Throws Error where the text is no JSON object, a key is unknown or a
/// value of the wrong kind; keys that are missing keep their defaults.
Options options_from_json(const std::string& text);

/// Whether all bytes are UTF-8, as JSON and the texts of HDF5 want them.
bool is_utf8(const std::string& text);

/// The text in double quotes, escaped (RFC 8259). Bytes that are no UTF-8 become U+FFFD.
std::string json_string(const std::string& text);

/// {"name": value, …} on one line. The values are JSON already: see json_string.
std::string json_object(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace cardwise
