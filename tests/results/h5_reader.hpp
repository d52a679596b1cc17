// SPDX-License-Identifier: Apache-2.0
// Reads a result file back through HDF5's C API, for tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "results/hdf5_handles.hpp"

namespace cardwise::made_up {

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : file_(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "open " + path.string()) {}

  bool has(const std::string& path) const {
    for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
      if (!h5::exists(file_.id(), path.substr(0, end))) return false;
    return h5::exists(file_.id(), path);
  }

  std::vector<hsize_t> shape(const std::string& path) const {
    const h5::Handle dataset = h5::open_dataset(file_.id(), path);
    const h5::Handle space(H5Dget_space(dataset.id()), path);
    std::vector<hsize_t> size(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.id())));
    H5Sget_simple_extent_dims(space.id(), size.data(), nullptr);
    return size;
  }

  template <class Number>
  std::vector<Number> numbers(const std::string& path) const {
    std::size_t count = 1;
    for (const hsize_t length : shape(path)) count *= length;
    std::vector<Number> values(count);
    const h5::Handle dataset = h5::open_dataset(file_.id(), path);
    h5::check(H5Dread(dataset.id(), h5::memory_type<Number>(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                      values.data()),
              "read " + path);
    return values;
  }

  std::vector<std::string> texts(const std::string& path) const {
    std::size_t count = 1;
    for (const hsize_t length : shape(path)) count *= length;
    std::vector<char*> pointers(count);
    const h5::Handle dataset = h5::open_dataset(file_.id(), path);
    h5::check(H5Dread(dataset.id(), h5::text_type(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                      pointers.data()),
              "read " + path);
    std::vector<std::string> values;
    for (char* text : pointers) {
      values.emplace_back(text ? text : "");
      std::free(text);
    }
    return values;
  }

  template <class Number>
  Number attribute(const std::string& object, const char* name) const {
    Number value{};
    const h5::Handle handle = attribute_of(object, name);
    h5::check(H5Aread(handle.id(), h5::memory_type<Number>(), &value), name);
    return value;
  }

  std::string text_attribute(const std::string& object, const char* name) const {
    char* text = nullptr;
    const h5::Handle handle = attribute_of(object, name);
    h5::check(H5Aread(handle.id(), h5::text_type(), &text), name);
    const std::string value = text ? text : "";
    std::free(text);
    return value;
  }

 private:
  h5::Handle attribute_of(const std::string& object, const char* name) const {
    return {H5Aopen_by_name(file_.id(), object.c_str(), name, H5P_DEFAULT, H5P_DEFAULT), name};
  }

  h5::Handle file_;
};

/// A folder that is gone with its content at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "cardwise-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw Error("no temporary folder " + name);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace cardwise::made_up
