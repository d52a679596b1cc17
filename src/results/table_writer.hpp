// SPDX-License-Identifier: Apache-2.0
// A table of rows as a group of equally long columns, of which only what changed is written again.
#pragma once

#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/record_fields.hpp"
#include "results/hdf5_handles.hpp"

namespace cardwise {
namespace detail {

/// Two cells that need no second writing: of the same bits, since NaN equals NaN here.
template <class Cell>
bool same(const Cell& a, const Cell& b) {
  if constexpr (std::is_same_v<Cell, std::string>) return a == b;
  // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison)
  else return std::memcmp(&a, &b, sizeof(Cell)) == 0;
}

/// Writes cells [first, first + values.size()) of a 1-D dataset.
template <class Cell>
void write_cells(hid_t dataset, std::size_t first, const std::vector<Cell>& values) {
  if constexpr (std::is_same_v<Cell, std::string>) {
    std::vector<const char*> pointers;
    pointers.reserve(values.size());
    for (const std::string& text : values) pointers.push_back(text.c_str());
    h5::write_box(dataset, h5::text_type(), {first}, {values.size()}, pointers.data());
  } else {
    h5::write_box(dataset, h5::memory_type<Cell>(), {first}, {values.size()}, values.data());
  }
}

template <class Cell>
hid_t cell_type() {
  if constexpr (std::is_same_v<Cell, std::string>) return h5::text_type();
  else return h5::file_type<Cell>();
}

}  // namespace detail

/// Rows wait in memory until store(); strings that did not change are never written twice, since
/// HDF5 does not give back the room of a replaced one.
template <class Row>
class TableWriter {
 public:
  /// `dimension` is the name of the group's dimension scale; a table that `grows` has an unlimited
  /// one, another is made anew when its length changes.
  TableWriter(std::string group, std::string dimension, bool grows = false)
      : group_(std::move(group)), dimension_(std::move(dimension)), grows_(grows) {}

  const std::vector<Row>& rows() const { return rows_; }
  void assign(std::vector<Row> rows) { rows_ = std::move(rows); }
  void append(Row row) { rows_.push_back(std::move(row)); }
  Row& row(std::size_t index) { return rows_.at(index); }

  /// Brings the group in `file` up to date.
  void store(hid_t file) {
    const bool fits = made_ && (rows_.size() == stored_.size() ||
                                (grows_ && rows_.size() > stored_.size()));
    if (!fits) create(file);
    const h5::Handle group(H5Gopen2(file, group_.c_str(), H5P_DEFAULT), "open group " + group_);
    if (rows_.size() > stored_.size()) extend(group.id());
    for_each_field<Row>([&](const auto& field) { store_changed(group.id(), field); });
    stored_ = rows_;
  }

 private:
  template <class Cell>
  static std::vector<Cell> cells(const std::vector<Row>& rows, Cell Row::*member,
                                 std::size_t first, std::size_t last) {
    std::vector<Cell> values;
    values.reserve(last - first);
    for (std::size_t i = first; i < last; ++i) values.push_back(rows[i].*member);
    return values;
  }

  /// The group, its scale and its columns, without a cell written.
  void create(hid_t file) {
    if (h5::exists(file, group_)) h5::remove(file, group_);
    made_ = false;
    stored_.clear();
    const h5::Handle group = h5::create_group(file, group_);
    h5::Layout layout{.size = {grows_ ? 0 : rows_.size()}};
    if (grows_) layout.max = {0}, layout.chunk = {64};
    const h5::Handle scale =
        h5::create_dataset(group.id(), dimension_, h5::file_type<std::int32_t>(), layout);
    h5::make_scale(scale.id(), dimension_);
    for_each_field<Row>([&](const auto& field) {
      using Cell = std::remove_cvref_t<decltype(std::declval<Row>().*field.member)>;
      const h5::Handle column =
          h5::create_dataset(group.id(), field.name, detail::cell_type<Cell>(), layout);
      if (*field.units) h5::set_attribute(column.id(), "units", std::string(field.units));
      h5::attach_scale(column.id(), scale.id(), 0);
    });
    made_ = true;
  }

  /// Makes room for the new rows and numbers them; store_changed writes them.
  void extend(hid_t group) {
    const h5::Handle scale = h5::open_dataset(group, dimension_);
    if (grows_) {
      h5::set_extent(scale.id(), {rows_.size()});
      for_each_field<Row>([&](const auto& field) {
        h5::set_extent(h5::open_dataset(group, field.name).id(), {rows_.size()});
      });
    }
    std::vector<std::int32_t> numbers(rows_.size() - stored_.size());
    std::iota(numbers.begin(), numbers.end(), static_cast<std::int32_t>(stored_.size()));
    detail::write_cells(scale.id(), stored_.size(), numbers);
  }

  template <class Cell>
  void store_changed(hid_t group, const Field<Row, Cell>& field) {
    const auto changed = [&](std::size_t i) {
      return i >= stored_.size() ||
             !detail::same(rows_[i].*field.member, stored_[i].*field.member);
    };
    h5::Handle column;
    for (std::size_t first = 0; first < rows_.size();) {
      if (!changed(first)) {
        ++first;
        continue;
      }
      std::size_t last = first + 1;
      while (last < rows_.size() && changed(last)) ++last;
      if (!column) column = h5::open_dataset(group, field.name);
      detail::write_cells(column.id(), first, cells(rows_, field.member, first, last));
      first = last;
    }
  }

  std::string group_, dimension_;
  bool grows_, made_ = false;
  std::vector<Row> rows_, stored_;
};

}  // namespace cardwise
