// SPDX-License-Identifier: Apache-2.0
// The group of one case: arrays that grow by whole visits, and attributes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/record.hpp"
#include "results/hdf5_handles.hpp"
#include "results/result_file.hpp"

namespace cardwise {

class CaseWriter {
 public:
  /// Makes the group `path` in `file` with empty arrays for world ranks 0 ... row.ranks - 1.
  CaseWriter(hid_t file, std::string path, const CaseRow& row, const CaseFacts& facts);

  /// See ResultFile::append. Throws Error for a rank that the case does not have.
  void append(const VisitRows& visit);
  /// Attributes that follow the row and the facts; before the first visit a new clock or new facts
  /// make the group anew. `wrong` withholds the figures for good.
  void update(const CaseRow& row, const CaseFacts& facts, const std::optional<Wrong>& wrong);

  /// Windows of the slowest cards, measured again at the end; once. Nothing of a `wrong` case.
  void set_recheck(const std::vector<RecheckRow>& rows);

  std::int32_t rounds() const { return static_cast<std::int32_t>(rounds_); }
  std::int32_t samples() const { return static_cast<std::int32_t>(samples_); }

 private:
  void create(std::vector<std::int32_t> ranks);
  void create_arrays(hid_t group);
  void write_attributes(hid_t group);
  void withhold(const Wrong& wrong);
  bool has(const char* array) const;
  h5::Handle open() const;

  hid_t file_;
  std::string path_;
  CaseRow row_;
  CaseFacts facts_;
  std::vector<std::int32_t> ranks_;
  hsize_t rounds_ = 0, samples_ = 0;
  bool made_ = false, withheld_ = false;
};

}  // namespace cardwise
