// SPDX-License-Identifier: Apache-2.0
// SHA-256: names of cases, kernel texts and binaries.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cardwise {

/// SHA-256 of the bytes as 64 lower-case hex digits (FIPS 180-4, section 6.2).
std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::string_view text);

}  // namespace cardwise
