// SPDX-License-Identifier: Apache-2.0
// A shared library opened at run time (dlopen).
#include "device/dynamic_library.hpp"

#include <dlfcn.h>

#include "core/error.hpp"

namespace cardwise {

DynamicLibrary::DynamicLibrary(std::span<const std::string> candidates) {
  std::string complaints;
  for (const std::string& candidate : candidates) {
    // RTLD_LOCAL: two libraries that export the same names (a double beside the real one) must not
    // mix. RTLD_NOW: a library that cannot work says so here.
    handle_ = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) {
      path_ = candidate;
      return;
    }
    const char* why = dlerror();
    complaints += (complaints.empty() ? "" : "; ") + std::string(why != nullptr ? why : candidate);
  }
  throw Error(complaints.empty() ? "no library to open" : complaints);
}

void* DynamicLibrary::find(const char* symbol) const { return dlsym(handle_, symbol); }

void* DynamicLibrary::require(const char* symbol) const {
  if (void* address = find(symbol)) return address;
  throw Error(path_ + " does not export " + symbol);
}

}  // namespace cardwise
