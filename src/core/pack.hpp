// SPDX-License-Identifier: Apache-2.0
// Rows and visits as bytes, for the gathers. Both ends are the same program on the same kind of
// node: no byte order, no version.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/error.hpp"
#include "core/record.hpp"

namespace cardwise {

class Packer {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(const std::string& text) {
    put(std::uint64_t{text.size()});
    bytes_ += text;
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put(std::uint64_t{values.size()});
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what Packer wrote; throws Error where the bytes end too early.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void get(T& value) { std::memcpy(&value, next(sizeof value), sizeof value); }
  void get(std::string& text) {
    const std::size_t size = count();
    text.assign(next(size), size);
  }
  template <class T>
  void get(std::vector<T>& values) {
    const std::size_t size = count();
    if (size > bytes_.size() / sizeof(T)) too_short();  // the product might not fit
    const char* from = next(size * sizeof(T));
    values.resize(size);
    if (size > 0) std::memcpy(values.data(), from, size * sizeof(T));
  }

 private:
  [[noreturn]] static void too_short() { throw Error("a gathered message is too short"); }
  std::size_t count() {
    std::uint64_t size = 0;
    get(size);
    return size;
  }
  const char* next(std::size_t size) {
    if (size > bytes_.size()) too_short();
    const char* at = bytes_.data();
    bytes_.remove_prefix(size);
    return at;
  }
  std::string_view bytes_;
};

inline std::string pack_wrong(const Wrong& w) {
  Packer packer;
  packer.put(w.rank);
  packer.put(w.host);
  packer.put(w.index);
  packer.put(w.count);
  packer.put(w.expected);
  packer.put(w.found);
  return packer.take();
}

inline Wrong unpack_wrong(std::string_view bytes) {
  Unpacker unpacker(bytes);
  Wrong w;
  unpacker.get(w.rank);
  unpacker.get(w.host);
  unpacker.get(w.index);
  unpacker.get(w.count);
  unpacker.get(w.expected);
  unpacker.get(w.found);
  return w;
}

inline void pack_visit(Packer& packer, const Visit& v) {
  packer.put(v.case_index);
  packer.put(v.round);
  packer.put(v.time_ns);
  packer.put(v.flags);
  packer.put(v.host_ns);
  packer.put(v.result_checksum);
  for (const float value : {v.sm_mhz_before, v.sm_mhz, v.mem_mhz, v.power_w, v.temp_c})
    packer.put(value);
  packer.put(v.reasons);
  packer.put(v.start_utc_ns);
  packer.put(v.warmup_s);
  packer.put(v.warmup_stable);
}

inline Visit unpack_visit(Unpacker& unpacker) {
  Visit v;
  unpacker.get(v.case_index);
  unpacker.get(v.round);
  unpacker.get(v.time_ns);
  unpacker.get(v.flags);
  unpacker.get(v.host_ns);
  unpacker.get(v.result_checksum);
  for (float* value : {&v.sm_mhz_before, &v.sm_mhz, &v.mem_mhz, &v.power_w, &v.temp_c})
    unpacker.get(*value);
  unpacker.get(v.reasons);
  unpacker.get(v.start_utc_ns);
  unpacker.get(v.warmup_s);
  unpacker.get(v.warmup_stable);
  return v;
}

}  // namespace cardwise
