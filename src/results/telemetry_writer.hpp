// SPDX-License-Identifier: Apache-2.0
// The group /telemetry: what each card's sensors said, a column a second.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "results/hdf5_handles.hpp"

namespace cardwise {

class TelemetryWriter {
 public:
  using ByRank = std::vector<std::vector<float>>;

  /// In the order of schema::telemetry_arrays().
  void assign(const std::vector<float>& seconds, std::array<ByRank, 3> arrays);
  /// Writes from the first tick that changed; nothing where nothing was ever read.
  void store(hid_t file);

 private:
  void create(hid_t file);
  bool readable() const;

  std::size_t ranks_ = 0, made_ranks_ = 0;
  bool made_ = false;
  std::vector<std::int32_t> ticks_, stored_ticks_;
  std::array<std::vector<float>, 3> values_, stored_;  ///< [rank][tick]
};

}  // namespace cardwise
