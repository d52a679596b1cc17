// SPDX-License-Identifier: Apache-2.0
// A shared library opened at run time, so that one binary runs on nodes with and without it.
#pragma once

#include <span>
#include <string>

namespace cardwise {

/// An open shared library. It is never closed again: drivers keep threads and exit handlers of
/// their own, which must not outlive their code.
class DynamicLibrary {
 public:
  /// Opens the first of the candidates (names or paths) that loads. Throws Error with every
  /// loader message when none does.
  explicit DynamicLibrary(std::span<const std::string> candidates);

  /// The address of an exported symbol, null where there is none.
  void* find(const char* symbol) const;
  /// The same; throws Error naming library and symbol where there is none.
  void* require(const char* symbol) const;
  /// The candidate that was opened.
  const std::string& path() const { return path_; }

 private:
  void* handle_ = nullptr;
  std::string path_;
};

}  // namespace cardwise
