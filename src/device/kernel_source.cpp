// SPDX-License-Identifier: Apache-2.0
// Flattens the dialect's header and a kernel into the one text that both APIs compile.
#include "device/kernel_source.hpp"

#include <algorithm>
#include <span>

#include "core/sha256.hpp"
#include "core/text.hpp"
#include "device/embedded_kernels.hpp"

namespace cardwise {
namespace {

std::span<const EmbeddedText> texts() { return {embedded_kernels, embedded_kernel_count}; }

const EmbeddedText* find(std::string_view file) {
  for (const EmbeddedText& text : texts())
    if (file == text.file) return &text;
  return nullptr;
}

}  // namespace

std::string KernelSource::sha256(const Defines& defines) const {
  std::string all = text;
  for (const auto& [define, value] : defines) all += "\n-D" + define + "=" + value;
  if (image) all += image->sha256;
  return sha256_hex(all);
}

std::string KernelSource::program_key(const Defines& defines) const {
  return image ? "image " + image->sha256 + " " + image->format + " " + file
               : "text " + sha256(defines);
}

KernelSource portable_kernel(std::string_view name) {
  const std::string file = std::string(name) + ".cl";
  const EmbeddedText* header = find("portable.h");
  const EmbeddedText* body = find(file);
  if (header == nullptr || body == nullptr)
    throw Error("no kernel '" + std::string(name) + "' is embedded in this program");

  KernelSource source;
  source.name = name;
  source.variant = "portable";
  source.file = "kernels/" + file;
  source.text = std::string(header->text) + "\n#line 1 \"" + file + "\"\n" + body->text;
  return source;
}

std::vector<std::string> portable_signature(std::string_view name) {
  const std::string start = "void cw_" + std::string(name) + "(";
  std::vector<std::string> types;
  for (const EmbeddedText& text : texts()) {
    const std::string_view body = text.text;
    const std::size_t from = body.find(start);
    if (from == std::string_view::npos) continue;
    const std::size_t first = from + start.size();
    for (const std::string& argument : split(body.substr(first, body.find(')', first) - first), ',')) {
      const bool real = argument.find("REAL ") != std::string::npos;
      types.emplace_back(argument.find('*') != std::string::npos ? "buffer" : real ? "real" : "u64");
    }
    break;
  }
  return types;
}

std::vector<std::string> portable_kernel_names() {
  std::vector<std::string> names;
  for (const EmbeddedText& text : texts()) {
    const std::string_view file = text.file;
    if (file.ends_with(".cl")) names.emplace_back(file.substr(0, file.size() - 3));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cardwise
