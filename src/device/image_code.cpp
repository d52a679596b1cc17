// SPDX-License-Identifier: Apache-2.0
// Holds code against its manifest: target, entries, and the argument list of each.
#include "device/image_code.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

/// Whether a parameter that the code knows so can be an argument of that type of a manifest.
bool can_be(std::string_view parameter, std::string_view type) {
  using Words = std::vector<std::string_view>;
  // Compilers write bits (.b64) where they no longer know what these mean; a cubin has sizes alone.
  static const std::map<std::string_view, Words> all = {
      {"u64", {".u64", ".s64", ".b64", "8 bytes"}},
      {"buffer", {".u64", ".s64", ".b64", ".u64 .ptr", ".s64 .ptr", ".b64 .ptr", "8 bytes"}},
      {"f32", {".f32", ".b32", "4 bytes"}},
      {"f64", {".f64", ".b64", "8 bytes"}}};
  const auto known = all.find(type);
  return known != all.end() && std::find(known->second.begin(), known->second.end(), parameter) !=
                                   known->second.end();
}

std::string unlike_kernel(const ImageKernel& kernel, const CodeFacts& facts) {
  const auto found = facts.kernels.find(kernel.entry);
  if (found == facts.kernels.end())
    return fmt::format("it has no kernel '{}', which its manifest names", kernel.entry);
  const std::vector<std::string>& has = found->second;
  if (has.size() != kernel.arguments.size())
    return fmt::format("kernel {} has {} parameters, and its manifest says {}", kernel.entry,
                       has.size(), kernel.arguments.size());
  for (std::size_t i = 0; i < has.size(); ++i) {
    const ImageArgument& argument = kernel.arguments[i];
    if (!can_be(has[i], argument.type))
      return fmt::format("parameter {} of kernel {} is {}, and its manifest says {} {}", i,
                         kernel.entry, truncate(has[i], 60), argument.type, argument.name);
  }
  return "";
}

std::string unlike_target(const Manifest& about, const std::string& target) {
  const Architecture says = architecture_of(about.architecture), is = architecture_of(target);
  if (about.format == "ptx" && is.capability < 0) return "it is no PTX: it has no .target";
  // No cubin says for which architecture alone it is.
  if (is.capability < 0 ||
      (is.capability == says.capability && (about.format == "cubin" || is.suffix == says.suffix)))
    return "";
  return fmt::format("it is made for {}, and its manifest says {}", target, about.architecture);
}

}  // namespace

std::string unlike_code(const Manifest& about, std::span<const std::byte> bytes) {
  CodeFacts facts;
  try {
    if (about.format == "ptx")
      facts = read_ptx({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    else if (about.format == "cubin")
      facts = read_cubin(bytes);
    else
      return "";
  } catch (const Error& error) {
    return error.what();
  }
  std::string wrong = unlike_target(about, facts.target);
  for (const ImageKernel& kernel : about.kernels)
    if (wrong.empty()) wrong = unlike_kernel(kernel, facts);
  return wrong;
}

}  // namespace cardwise
