// SPDX-License-Identifier: Apache-2.0
// The table of defines: the candidates of each class of card that a kernel's header names.
#include "variants.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace cardwise::kernel_tests {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// TILE_M TILE_N TILE_K ITEM_M ITEM_N WIDTH RESIDENT, by type.
const std::map<std::string, std::vector<std::vector<int>>> gemm_on_cards = {
    {"float",
     {{128, 128, 16, 8, 8, 4, 1},
      {128, 128, 8, 8, 8, 4, 2},
      {256, 128, 8, 16, 8, 4, 1},
      {64, 64, 16, 4, 4, 4, 4}}},
    {"double", {{128, 128, 8, 8, 8, 2, 1}, {64, 64, 16, 8, 4, 2, 2}}},
};

std::vector<Defines> with_tail(const std::vector<Defines>& all) {
  std::vector<Defines> result;
  for (Defines defines : all) {
    for (const char* tail : {"0", "1"}) {
      defines["TAIL"] = tail;
      result.push_back(defines);
    }
  }
  return result;
}

std::vector<Defines> packed(const Defines& common) {
  std::vector<Defines> result;
  const std::pair<const char*, const char*> sorts[] = {
      {"float", "1"}, {"float", "2"}, {"float", "4"}, {"double", "1"}, {"double", "2"}};
  for (const auto& [real, width] : sorts) {
    Defines defines = common;
    defines["REAL"] = real;
    defines["WIDTH"] = width;
    result.push_back(defines);
  }
  return result;
}

}  // namespace

std::vector<std::string> kernel_names(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".cl") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string flattened(const std::string& header, const std::string& file) {
  const std::string name = std::filesystem::path(file).filename().string();
  return text_of(header) + "\n#line 1 \"" + name + "\"\n" + text_of(file);
}

Defines gemm_tiles(const std::string& real, const std::vector<int>& numbers) {
  const char* const names[] = {"TILE_M", "TILE_N", "TILE_K",  "ITEM_M",
                               "ITEM_N", "WIDTH",  "RESIDENT"};
  Defines defines = {{"REAL", real}};
  for (std::size_t i = 0; i < numbers.size(); ++i) defines[names[i]] = std::to_string(numbers[i]);
  return defines;
}

std::vector<Defines> card_variants(const std::string& kernel) {
  const Defines group = {{"GROUP", "256"}};
  if (kernel == "counter") return {group};
  if (kernel == "checksum")
    return {{{"GROUP", "256"}, {"WORD", "u32"}}, {{"GROUP", "256"}, {"WORD", "u64"}}};
  if (kernel == "fma_peak")
    return {{{"GROUP", "256"}, {"REAL", "float"}}, {{"GROUP", "256"}, {"REAL", "double"}}};
  if (kernel == "data")
    return with_tail(
        {{{"GROUP", "256"}, {"REAL", "float"}}, {{"GROUP", "256"}, {"REAL", "double"}}});
  if (kernel == "stencil2d" || kernel == "stencil3d" || kernel == "conv2d")
    return packed({{"GROUP_X", "32"}, {"GROUP_Y", "8"}, {"ROWS", "4"}});
  if (kernel == "gemm") {
    std::vector<Defines> result;
    for (const auto& [real, sets] : gemm_on_cards)
      for (const std::vector<int>& set : sets) result.push_back(gemm_tiles(real, set));
    return with_tail(result);
  }
  return with_tail(packed(group));
}

std::string label(const Defines& defines) {
  std::string text;
  for (const auto& [name, value] : defines) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

bool required(const std::string& what) {
  const char* const all = std::getenv("CARDWISE_REQUIRE");
  std::istringstream words(all == nullptr ? "" : all);
  for (std::string word; std::getline(words, word, ',');)
    if (word == what) return true;
  return false;
}

}  // namespace cardwise::kernel_tests
