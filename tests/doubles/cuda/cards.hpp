// SPDX-License-Identifier: Apache-2.0
// The cards that the CUDA double pretends to have.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace cuda_double {

struct Identity {
  std::string name = "cardwise CUDA double";
  std::array<unsigned char, 16> uuid{};
  std::array<unsigned char, 16> physical_uuid{};  // of the whole card, where this is a MIG slice
  std::string pci = "0000:00:00.0";
  std::int64_t memory_bytes = std::int64_t{1} << 31;
  int cc_major = 9, cc_minor = 0;
};

/// From CARDWISE_CUDA_DOUBLE, a JSON file: an array of objects with the members above that differ
/// ("uuid": "GPU-…" or "MIG-…", "compute_capability": [9, 0]); else CARDWISE_CUDA_DOUBLE_DEVICES
/// cards (1) of different UUID and PCI address. Throws std::exception where the file is wrong.
std::vector<Identity> all_cards();

/// Those that CUDA_VISIBLE_DEVICES leaves, in its order: indices or beginnings of UUIDs; an entry
/// that is no card hides itself and those after it.
std::vector<Identity> visible_cards();

}  // namespace cuda_double
