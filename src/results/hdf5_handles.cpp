// SPDX-License-Identifier: Apache-2.0
// HDF5's C API with owners, errors that throw, and the rules that every object of the file keeps.
#include "results/hdf5_handles.hpp"

#include <hdf5_hl.h>

namespace cardwise::h5 {
namespace {

herr_t collect(unsigned, const H5E_error2_t* entry, void* text) {
  auto& out = *static_cast<std::string*>(text);
  if (!out.empty()) out += "; ";
  out += entry->desc ? entry->desc : entry->func_name;
  return 0;
}

Handle creation_properties(const Layout& layout, hid_t type, const void* fill) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), "HDF5 dataset properties");
  check(H5Pset_obj_track_times(properties.id(), false), "HDF5 object times");
  if (fill) check(H5Pset_fill_value(properties.id(), type, fill), "HDF5 fill value");
  if (layout.chunk.empty()) return properties;
  check(H5Pset_chunk(properties.id(), static_cast<int>(layout.chunk.size()), layout.chunk.data()),
        "HDF5 chunk size");
  if (layout.compressed) {
    check(H5Pset_shuffle(properties.id()), "HDF5 shuffle filter");
    check(H5Pset_deflate(properties.id(), 1), "HDF5 deflate filter");
    check(H5Pset_fletcher32(properties.id()), "HDF5 fletcher32 filter");
  }
  return properties;
}

}  // namespace

void fail(const std::string& what) {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &text);
  H5Eclear2(H5E_DEFAULT);
  throw Error(what + ": " + (text.empty() ? "HDF5 gave no reason" : text));
}

hid_t text_type() {
  // Lives as long as the library: a type is immutable, and every dataset of strings wants it.
  static const hid_t type = [] {
    const hid_t id = check(H5Tcopy(H5T_C_S1), "HDF5 string type");
    check(H5Tset_size(id, H5T_VARIABLE), "HDF5 string type");
    check(H5Tset_cset(id, H5T_CSET_UTF8), "HDF5 string type");
    return id;
  }();
  return type;
}

Handle create_group(hid_t parent, const std::string& name) {
  return {H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
          "create group " + name};
}

Handle open_dataset(hid_t parent, const std::string& name) {
  return {H5Dopen2(parent, name.c_str(), H5P_DEFAULT), "open dataset " + name};
}

Handle create_dataset(hid_t parent, const std::string& name, hid_t type, const Layout& layout,
                      const void* fill) {
  std::vector<hsize_t> max = layout.max.empty() ? layout.size : layout.max;
  for (hsize_t& extent : max)
    if (!layout.max.empty() && extent == 0) extent = H5S_UNLIMITED;
  const Handle space(
      layout.size.empty()
          ? H5Screate(H5S_SCALAR)
          : H5Screate_simple(static_cast<int>(layout.size.size()), layout.size.data(), max.data()),
      "HDF5 space of " + name);
  const Handle properties = creation_properties(layout, type, fill);
  return {H5Dcreate2(parent, name.c_str(), type, space.id(), H5P_DEFAULT, properties.id(),
                     H5P_DEFAULT),
          "create dataset " + name};
}

bool exists(hid_t parent, const std::string& name) {
  return check(H5Lexists(parent, name.c_str(), H5P_DEFAULT), "look for " + name) > 0;
}

void remove(hid_t parent, const std::string& name) {
  check(H5Ldelete(parent, name.c_str(), H5P_DEFAULT), "remove " + name);
}

void write_box(hid_t dataset, hid_t memory, const std::vector<hsize_t>& offset,
               const std::vector<hsize_t>& count, const void* data) {
  for (const hsize_t length : count)
    if (length == 0) return;
  const int axes = static_cast<int>(count.size());
  const Handle file_space(H5Dget_space(dataset), "HDF5 space");
  const Handle memory_space(H5Screate_simple(axes, count.data(), nullptr), "HDF5 space");
  check(H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(),
                            nullptr),
        "HDF5 selection");
  check(H5Dwrite(dataset, memory, memory_space.id(), file_space.id(), H5P_DEFAULT, data),
        "write dataset");
}

void set_extent(hid_t dataset, const std::vector<hsize_t>& size) {
  check(H5Dset_extent(dataset, size.data()), "resize dataset");
}

void set_attribute_raw(hid_t object, const char* name, hid_t file, hid_t memory,
                       const void* value, hsize_t count, bool scalar) {
  const std::string what = std::string("attribute ") + name;
  Handle attribute;
  if (check(H5Aexists(object, name), what) > 0) {
    attribute = Handle(H5Aopen(object, name, H5P_DEFAULT), what);
  } else {
    const Handle space(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr),
                       what);
    attribute =
        Handle(H5Acreate2(object, name, file, space.id(), H5P_DEFAULT, H5P_DEFAULT), what);
  }
  check(H5Awrite(attribute.id(), memory, value), what);
}

void set_attribute(hid_t object, const char* name, const std::string& text) {
  const char* pointer = text.c_str();
  set_attribute_raw(object, name, text_type(), text_type(), &pointer, 1, true);
}

void make_scale(hid_t dataset, const std::string& name) {
  check(H5DSset_scale(dataset, name.c_str()), "dimension scale " + name);
}

void attach_scale(hid_t dataset, hid_t scale, unsigned axis) {
  check(H5DSattach_scale(dataset, scale, axis), "attach a dimension scale");
}

}  // namespace cardwise::h5
