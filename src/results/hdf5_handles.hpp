// SPDX-License-Identifier: Apache-2.0
// HDF5's C API with owners, errors that throw, and the rules that every object of the file keeps.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace cardwise::h5 {

/// Throws Error with the text of HDF5's error stack: "<what>: <HDF5's words>".
[[noreturn]] void fail(const std::string& what);

/// A status or id of the C API; negative throws.
template <class Status>
Status check(Status status, const std::string& what) {
  if (status < 0) fail(what);
  return status;
}

/// Owns one id, whatever its kind.
class Handle {
 public:
  Handle() = default;
  /// Throws Error where `id` is negative.
  Handle(hid_t id, const std::string& what) : id_(check(id, what)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
};

/// The types of a number in memory and in the file (little endian); strings have their own.
template <class Cell>
hid_t memory_type();
template <class Cell>
hid_t file_type();

#define CARDWISE_H5_TYPE(CELL, NATIVE, FILE)                     \
  template <>                                                    \
  inline hid_t memory_type<CELL>() { return NATIVE; }            \
  template <>                                                    \
  inline hid_t file_type<CELL>() { return FILE; }
CARDWISE_H5_TYPE(std::int8_t, H5T_NATIVE_INT8, H5T_STD_I8LE)
CARDWISE_H5_TYPE(std::uint8_t, H5T_NATIVE_UINT8, H5T_STD_U8LE)
CARDWISE_H5_TYPE(std::uint16_t, H5T_NATIVE_UINT16, H5T_STD_U16LE)
CARDWISE_H5_TYPE(std::int32_t, H5T_NATIVE_INT32, H5T_STD_I32LE)
CARDWISE_H5_TYPE(std::int64_t, H5T_NATIVE_INT64, H5T_STD_I64LE)
CARDWISE_H5_TYPE(std::uint64_t, H5T_NATIVE_UINT64, H5T_STD_U64LE)
CARDWISE_H5_TYPE(float, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE)
CARDWISE_H5_TYPE(double, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE)
#undef CARDWISE_H5_TYPE

/// Variable-length UTF-8, in memory and in the file.
hid_t text_type();

/// "i4", "f8", "str": how the documents name the type of a cell (the digit is bytes).
template <class Cell>
const char* type_name() {
  if constexpr (std::is_same_v<Cell, std::string>) return "str";
  else if constexpr (std::is_floating_point_v<Cell>) return sizeof(Cell) == 4 ? "f4" : "f8";
  else if constexpr (std::is_signed_v<Cell>)
    return sizeof(Cell) == 1 ? "i1" : sizeof(Cell) == 4 ? "i4" : "i8";
  else
    return sizeof(Cell) == 1 ? "u1" : sizeof(Cell) == 2 ? "u2" : "u8";
}

/// How a dataset is stored. An empty chunk is contiguous; `max` 0 in an axis is unlimited.
struct Layout {
  std::vector<hsize_t> size{}, max{}, chunk{};
  bool compressed = false;  ///< shuffle + deflate 1 + fletcher32
};

Handle create_group(hid_t parent, const std::string& name);
/// Opens a dataset of this name.
Handle open_dataset(hid_t parent, const std::string& name);
/// `fill` points to one cell of `type` for what is not written, or is null. No times are stored
/// with it, so that equal content makes equal files.
Handle create_dataset(hid_t parent, const std::string& name, hid_t type, const Layout& layout,
                      const void* fill = nullptr);
bool exists(hid_t parent, const std::string& name);
void remove(hid_t parent, const std::string& name);

/// Writes the box [offset, offset + count).
void write_box(hid_t dataset, hid_t memory, const std::vector<hsize_t>& offset,
               const std::vector<hsize_t>& count, const void* data);
void set_extent(hid_t dataset, const std::vector<hsize_t>& size);

/// Creates or replaces a scalar attribute; one of the same value is left alone by the callers.
void set_attribute(hid_t object, const char* name, const std::string& text);
void set_attribute_raw(hid_t object, const char* name, hid_t file, hid_t memory,
                       const void* value, hsize_t count, bool scalar);
template <class Number>
  requires std::is_arithmetic_v<Number>
void set_attribute(hid_t object, const char* name, Number value) {
  set_attribute_raw(object, name, file_type<Number>(), memory_type<Number>(), &value, 1, true);
}

/// Makes `dataset` the dimension scale of that name.
void make_scale(hid_t dataset, const std::string& name);
/// Axis `axis` of `dataset` is labelled by `scale`, which lies in the same group.
void attach_scale(hid_t dataset, hid_t scale, unsigned axis);

}  // namespace cardwise::h5
