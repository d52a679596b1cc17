// SPDX-License-Identifier: Apache-2.0
// How this program was built, for --version and /provenance.
#pragma once

#include <string>

namespace cardwise {

struct BuildInfo {
  std::string version, git_revision;
  bool git_dirty = false;
  std::string build_type, compiler, compiler_flags, google_benchmark, hdf5;
  bool cuda_headers = false, nvml_headers = false;
};

const BuildInfo& build_info();

}  // namespace cardwise
