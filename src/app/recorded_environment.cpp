// SPDX-License-Identifier: Apache-2.0
// The environment by allow-list.
#include "app/recorded_environment.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <regex>

extern char** environ;

namespace cardwise {
namespace {

/// Open MPI's key for PSM transports and whatever else calls itself a secret.
bool is_secret(const std::string& name) {
  static const std::regex words(
      "TOKEN|SECRET|PASSW|CREDENTIAL|JWT|(^|_)KEY($|_)|PRECONDITION_TRANSPORTS", std::regex::icase);
  return std::regex_search(name, words);
}

std::string lines_of(const std::regex& names) {
  std::string text;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string line = *entry, name = line.substr(0, line.find('='));
    if (std::regex_search(name, names) && !is_secret(name)) text += line + "\n";
  }
  return text;
}

}  // namespace

std::string recorded_environment() {
  return lines_of(std::regex(
      "^(OMPI_|PMIX_|UCX_|FI_|MPICH_|NCCL_|CUDA_|NVTX_|OCL_|OPENCL_|POCL_|CL_CONFIG_|OMP_|GOMP_|"
      "CARDWISE_|HWLOC_|GPU_|ROCR_|HSA_|ZE_)|^LD_(PRELOAD|AUDIT|LIBRARY_PATH)$"));
}

std::string recorded_slurm_environment() {
  return lines_of(
      std::regex("^SLURM_(JOB_ID|JOB_PARTITION|NODELIST|JOB_NODELIST|NTASKS.*|GPU.*|CPU.*)$"));
}

std::vector<std::string> interposers() {
  constexpr std::array names = {"LD_PRELOAD",
                                "LD_AUDIT",
                                "OPENCL_LAYERS",
                                "CUDA_INJECTION64_PATH",
                                "NVTX_INJECTION64_PATH",
                                "HSA_TOOLS_LIB",
                                "ZE_ENABLE_TRACING_LAYER",
                                "CARDWISE_CUDA_LIBRARY",
                                "CARDWISE_NVRTC_LIBRARY"};
  std::vector<std::string> found;
  for (const char* name : names)
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
      found.push_back(fmt::format("{}={}", name, value));
  return found;
}

}  // namespace cardwise
