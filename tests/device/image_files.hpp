// SPDX-License-Identifier: Apache-2.0
// A folder with an image of four kernels and its manifest, for tests to spoil.
#pragma once

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/sha256.hpp"
#include "cubin_file.hpp"
#include "device/image.hpp"

namespace cardwise::image_tests {

namespace fs = std::filesystem;
using Json = nlohmann::json;

using Types = std::vector<std::string>;

/// The parameters of the image's kernels, as PTX declares them.
inline const Types saxpy_f32 = {".u64", ".f32", ".u64", ".u64 .ptr .global .align 4"};
inline const Types saxpy_f64 = {".u64", ".f64", ".u64", ".u64 .ptr .global .align 8"};
inline const Types counter_u32 = {".u64"};

inline std::string ptx_of(const std::string& entry, const Types& types) {
  std::string list;
  for (const std::string& type : types)
    list += (list.empty() ? "\n\t.param " : ",\n\t.param ") + type + " p" +
            std::to_string(list.size());
  return ".visible .entry " + entry + "(" + list + "\n)\n{\n\tret;\n}\n";
}

inline std::string ptx_head(std::string_view architecture = "sm_80") {
  return ".version 7.0\n.target " + std::string(architecture) + "\n.address_size 64\n";
}

inline std::string ptx_kernels(const Types& of_tail = saxpy_f32) {
  return ptx_of("whole", saxpy_f32) + ptx_of("tail", of_tail) + ptx_of("task", saxpy_f64) +
         ptx_of("counter", counter_u32);
}

/// saxpy as range with and without TAIL, and f64; counter as a single work-item.
inline Json kernels() {
  return Json::parse(R"([
    {"name": "saxpy", "entry": "whole", "dtype": "f32", "width": 4, "replications": 1,
     "launch": "range", "defines": {"GROUP": "256"}, "tail": false,
     "arguments": [{"name": "n", "type": "u64"}, {"name": "a", "type": "f32"},
       {"name": "x", "type": "buffer", "access": "read"},
       {"name": "y", "type": "buffer", "access": "read_write"}]},
    {"name": "saxpy", "entry": "tail", "dtype": "f32", "width": 1, "replications": 1,
     "launch": "range", "defines": {"GROUP": "256"}, "tail": true,
     "arguments": [{"name": "n", "type": "u64"}, {"name": "a", "type": "f32"},
       {"name": "x", "type": "buffer", "access": "read"},
       {"name": "y", "type": "buffer", "access": "read_write"}]},
    {"name": "saxpy", "entry": "task", "dtype": "f64", "width": 8, "replications": 1,
     "launch": "task", "tail": true,
     "arguments": [{"name": "n", "type": "u64"}, {"name": "a", "type": "f64"},
       {"name": "x", "type": "buffer", "access": "read"},
       {"name": "y", "type": "buffer", "access": "read_write"}]},
    {"name": "counter", "entry": "counter", "width": 1, "replications": 1, "launch": "task",
     "arguments": [{"name": "counter", "type": "buffer", "access": "read_write"}]}])");
}

class Images : public testing::Test {
 protected:
  Images() {
    std::string name = (fs::temp_directory_path() / "cardwise-image-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    path_ = (folder_ / "k.ptx").string();
    code_ = ptx_head() + ptx_kernels();
    about_ = {{"schema", "cardwise.image"},
              {"version", 1},
              {"image", {{"file", "k.ptx"}, {"format", "ptx"}}},
              {"architecture", "sm_80"},
              {"language", "rust"},
              {"compiler", {{"name", "rustc"}, {"flags", Json::array()}}},
              {"created", "2026-11-29"},
              {"sources", Json::array()},
              {"kernels", kernels()}};
  }
  ~Images() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Images(const Images&) = delete;
  Images& operator=(const Images&) = delete;

  static void write(const fs::path& file, const std::string& text) {
    fs::remove_all(file);
    std::ofstream(file, std::ios::binary) << text;
  }

  /// Image and manifest, which agree.
  void make() {
    about_["image"]["bytes"] = code_.size();
    about_["image"]["sha256"] = sha256_hex(code_);
    write(path_, code_);
    write(path_ + ".json", about_.dump());
  }

  /// What reading it is refused with; a read that waits ends the test at its limit.
  std::string refusal(const std::string& path) {
    alarm(20);
    std::string message;
    try {
      read_image(path);
    } catch (const UsageError& error) {
      message = error.what();
    }
    alarm(0);
    return message;
  }
  std::string refusal() { return refusal(path_); }
  std::string front() const { return "image " + path_ + ": "; }

  Image made(std::string_view format = "ptx", std::string_view architecture = "sm_80") {
    about_["image"]["format"] = format;
    about_["architecture"] = architecture;
    code_ = format == "cubin" ? cubin_of({{"whole", {8, 4, 8, 8}},
                                          {"tail", {8, 4, 8, 8}},
                                          {"task", {8, 8, 8, 8}},
                                          {"counter", {8}}},
                                         architecture_of(architecture).capability)
                              : ptx_head(architecture) + ptx_kernels();
    make();
    return read_image(path_);
  }

  fs::path folder_;
  std::string path_, code_;
  Json about_;
};

inline bool starts(const std::string& text, const std::string& front) {
  return text.starts_with(front);
}

}  // namespace cardwise::image_tests
