// SPDX-License-Identifier: Apache-2.0
// NVRTC, opened at run time.
#include "device/cuda/nvrtc.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/error.hpp"
#include "device/cuda/driver.hpp"

// The folder of NVRTC that was found when the program was built, if one was.
#ifndef CARDWISE_NVRTC_HINT
#define CARDWISE_NVRTC_HINT ""
#endif

namespace cardwise {
namespace {

std::vector<std::string> nvrtc_candidates(int preferred_major) {
  if (const char* path = std::getenv("CARDWISE_NVRTC_LIBRARY")) return {path};
  std::vector<std::string> names{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2",
                                 "libnvrtc.so"};
  std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return name.starts_with(fmt::format("libnvrtc.so.{}", preferred_major));
  });
  std::vector<std::string> folders{""};
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* home = std::getenv(variable)) folders.push_back(std::string(home) + "/lib64/");
  }
  folders.emplace_back("/usr/local/cuda/lib64/");
  const std::string hint = CARDWISE_NVRTC_HINT;
  if (!hint.empty()) folders.push_back(hint + "/");
  std::vector<std::string> candidates;
  for (const std::string& name : names) {
    for (const std::string& folder : folders) candidates.push_back(folder + name);
  }
  return candidates;
}

// NVRTC opens its built-ins by name while it compiles, and the wheels' does not look beside itself.
// Opened here by path they are found by that name. Where there are none NVRTC says so itself.
void open_builtins(const std::string& nvrtc_path, const std::string& version) {
  const std::size_t folder = nvrtc_path.rfind('/');
  if (folder == std::string::npos) return;  // found by name, as its built-ins will be
  const std::string beside[] = {
      fmt::format("{}/libnvrtc-builtins.so.{}", nvrtc_path.substr(0, folder), version)};
  try {
    const DynamicLibrary stays_open(beside);
  } catch (const Error&) {
    return;
  }
}

// Machine code of a newer major version than the driver's may not load. 0 without a driver.
int driver_major() {
  try {
    return driver().version / 1000;
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

Nvrtc::Nvrtc(int preferred_major) : library_(nvrtc_candidates(preferred_major)) {
#define CARDWISE_LOOK_UP(member, symbol) \
  member##_ = reinterpret_cast<decltype(member##_)>(library_.require(#symbol));
  CARDWISE_NVRTC_FUNCTIONS(CARDWISE_LOOK_UP)
#undef CARDWISE_LOOK_UP
  const auto check = [&](nvrtcResult code, const char* call) {
    if (code != NVRTC_SUCCESS) throw Error(fmt::format("{}: {}", call, get_error_string_(code)));
  };
  int major = 0;
  int minor = 0;
  check(version_(&major, &minor), "nvrtcVersion");
  version_text_ = fmt::format("{}.{}", major, minor);
  open_builtins(library_.path(), version_text_);
  int count = 0;
  check(get_num_supported_archs_(&count), "nvrtcGetNumSupportedArchs");
  known_.resize(static_cast<std::size_t>(std::max(count, 0)));
  if (!known_.empty()) check(get_supported_archs_(known_.data()), "nvrtcGetSupportedArchs");
}

std::string Nvrtc::architecture(const std::vector<int>& known, int cc_major, int cc_minor) {
  const int wanted = 10 * cc_major + cc_minor;
  int below = -1;
  for (const int arch : known) {
    if (arch == wanted) return fmt::format("sm_{}", wanted);
    if (arch < wanted) below = std::max(below, arch);
  }
  return below < 0 ? "" : fmt::format("compute_{}", below);
}

std::string Nvrtc::architecture_for(const std::string& file, int cc_major, int cc_minor) const {
  std::string arch = architecture(known_, cc_major, cc_minor);
  if (arch.empty()) {
    throw Error(fmt::format("compile {}: NVRTC {} does not know sm_{}{} (it knows {})", file,
                            version_text_, cc_major, cc_minor, fmt::join(known_, " ")));
  }
  return arch;
}

MachineCode Nvrtc::compile(const std::string& text, const std::string& file,
                           const Defines& defines, int cc_major, int cc_minor) const {
  return compile_for(architecture_for(file, cc_major, cc_minor), text, file, defines);
}

MachineCode Nvrtc::compile_ptx(const std::string& text, const std::string& file,
                               const Defines& defines, int cc_major, int cc_minor) const {
  std::string arch = architecture_for(file, cc_major, cc_minor);
  if (arch.starts_with("sm_")) arch.replace(0, 2, "compute");
  return compile_for(arch, text, file, defines);
}

MachineCode Nvrtc::compile_for(const std::string& arch, const std::string& text,
                               const std::string& file, const Defines& defines) const {
  std::vector<std::string> options{"--gpu-architecture=" + arch, "--std=c++17"};
  for (const auto& [name, value] : defines) options.push_back(fmt::format("-D{}={}", name, value));
  std::vector<const char*> option_pointers;
  for (const std::string& option : options) option_pointers.push_back(option.c_str());

  const auto check = [&](nvrtcResult code, const char* call) {
    if (code != NVRTC_SUCCESS) {
      throw Error(fmt::format("compile {}: {}: {}", file, call, get_error_string_(code)));
    }
  };
  nvrtcProgram program = nullptr;
  check(create_program_(&program, text.c_str(), file.c_str(), 0, nullptr, nullptr),
        "nvrtcCreateProgram");
  const auto destroy = [this](nvrtcProgram* p) { destroy_program_(p); };
  const std::unique_ptr<nvrtcProgram, decltype(destroy)> guard(&program, destroy);

  const nvrtcResult built =
      compile_program_(program, static_cast<int>(options.size()), option_pointers.data());
  if (built != NVRTC_SUCCESS) {
    std::size_t size = 0;
    std::string log;
    if (get_program_log_size_(program, &size) == NVRTC_SUCCESS && size > 1) {
      log.resize(size);
      if (get_program_log_(program, log.data()) != NVRTC_SUCCESS) log.clear();
      log.resize(log.find_last_not_of(std::string_view("\0\n ", 3)) + 1);
    }
    throw Error(
        fmt::format("compile {} for {}: {}\n{}", file, arch, get_error_string_(built), log));
  }

  MachineCode code{.bytes = {}, .ptx = arch.starts_with("compute_")};
  std::size_t size = 0;
  check(code.ptx ? get_ptx_size_(program, &size) : get_cubin_size_(program, &size),
        code.ptx ? "nvrtcGetPTXSize" : "nvrtcGetCUBINSize");
  code.bytes.resize(size);
  char* to = reinterpret_cast<char*>(code.bytes.data());
  check(code.ptx ? get_ptx_(program, to) : get_cubin_(program, to),
        code.ptx ? "nvrtcGetPTX" : "nvrtcGetCUBIN");
  return code;
}

const Nvrtc& nvrtc() {
  // A throwing constructor is tried again by the next call.
  static const Nvrtc instance(driver_major());
  return instance;
}

}  // namespace cardwise
