// SPDX-License-Identifier: Apache-2.0
// Rows of tables as bytes, for the gathers.
#pragma once

#include <string>
#include <string_view>

#include "core/pack.hpp"
#include "core/record_fields.hpp"

namespace cardwise {

/// A table's row (NodeRow, RankRow, CaseRow …), column by column.
template <class Row>
std::string pack_row(const Row& row) {
  Packer packer;
  for_each_field<Row>([&](const auto& field) { packer.put(row.*field.member); });
  return packer.take();
}

template <class Row>
Row unpack_row(std::string_view bytes) {
  Unpacker unpacker(bytes);
  Row row;
  for_each_field<Row>([&](const auto& field) { unpacker.get(row.*field.member); });
  return row;
}

}  // namespace cardwise
