// SPDX-License-Identifier: Apache-2.0
// Compiles every kernel with NVRTC for three generations of cards: warnings, spills, too much
// shared memory and missing 16-byte accesses are failures. Needs no card.
#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "variants.hpp"

namespace {

using namespace cardwise::kernel_tests;

constexpr int skipped = 77;
constexpr int static_shared_bytes = 48 * 1024;

/// The few functions of NVRTC that are needed; their signatures are its stable C interface.
struct Nvrtc {
  using Program = void*;
  int (*create)(Program*, const char*, const char*, int, const char* const*, const char* const*);
  int (*compile)(Program, int, const char* const*);
  int (*destroy)(Program*);
  int (*log_size)(Program, std::size_t*);
  int (*log)(Program, char*);
  int (*ptx_size)(Program, std::size_t*);
  int (*ptx)(Program, char*);
  int (*cubin_size)(Program, std::size_t*);
  int (*count)(int*);
  int (*architectures)(int*);
};

template <class Function>
void resolve(void* library, Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) throw std::runtime_error(fmt::format("libnvrtc has no {}", name));
}

/// NVRTC wants its built-ins by name, and finds those beside itself once they are open.
void open_builtins(void* library, const std::string& prefix) {
  int (*version)(int*, int*) = nullptr;
  resolve(library, version, "nvrtcVersion");
  int major = 0, minor = 0;
  if (version(&major, &minor) == 0)
    dlopen(fmt::format("{}libnvrtc-builtins.so.{}.{}", prefix, major, minor).c_str(), RTLD_NOW);
}

/// nullptr if no library is found.
void* open_nvrtc() {
  const std::string folder = CARDWISE_NVRTC_FOLDER;
  for (const std::string& prefix : {folder.empty() ? "" : folder + "/", std::string()})
    for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"})
      if (void* library = dlopen((prefix + name).c_str(), RTLD_NOW)) {
        open_builtins(library, prefix);
        return library;
      }
  return nullptr;
}

Nvrtc resolve_all(void* library) {
  Nvrtc api{};
  resolve(library, api.create, "nvrtcCreateProgram");
  resolve(library, api.compile, "nvrtcCompileProgram");
  resolve(library, api.destroy, "nvrtcDestroyProgram");
  resolve(library, api.log_size, "nvrtcGetProgramLogSize");
  resolve(library, api.log, "nvrtcGetProgramLog");
  resolve(library, api.ptx_size, "nvrtcGetPTXSize");
  resolve(library, api.ptx, "nvrtcGetPTX");
  resolve(library, api.cubin_size, "nvrtcGetCUBINSize");
  resolve(library, api.count, "nvrtcGetNumSupportedArchs");
  resolve(library, api.architectures, "nvrtcGetSupportedArchs");
  return api;
}

struct Compiled {
  bool ok = false;
  std::string log;
  std::string ptx;
  std::size_t cubin_bytes = 0;
};

/// Strings of NVRTC come with their terminating zero counted.
std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

Compiled compile(const Nvrtc& api, const std::string& source, const std::string& name,
                 const Defines& defines, int architecture) {
  std::vector<std::string> options = {fmt::format("--gpu-architecture=sm_{}", architecture),
                                      "--std=c++17", "--ptxas-options=-v"};
  for (const auto& [key, value] : defines) options.push_back("-D" + key + "=" + value);
  std::vector<const char*> pointers;
  for (const std::string& option : options) pointers.push_back(option.c_str());

  Nvrtc::Program program = nullptr;
  if (api.create(&program, source.c_str(), (name + ".cl").c_str(), 0, nullptr, nullptr) != 0)
    throw std::runtime_error("nvrtcCreateProgram failed");
  Compiled result;
  result.ok = api.compile(program, static_cast<int>(pointers.size()), pointers.data()) == 0;
  std::size_t size = 0;
  api.log_size(program, &size);
  result.log.resize(size);
  api.log(program, result.log.data());
  if (result.ok) {
    api.ptx_size(program, &size);
    result.ptx.resize(size);
    api.ptx(program, result.ptx.data());
    api.cubin_size(program, &result.cubin_bytes);
  }
  result.log = trimmed(std::move(result.log));
  api.destroy(&program);
  return result;
}

/// Largest number that `pattern` captures in `text`, 0 if none.
int largest(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  int found = 0;
  for (std::sregex_iterator hit(text.begin(), text.end(), regex), end; hit != end; ++hit)
    found = std::max(found, std::stoi((*hit)[1]));
  return found;
}

/// Kernels whose speed is their memory accesses must make them 16 bytes at a time.
bool lacks_wide_accesses(const std::string& kernel, const Defines& defines,
                         const std::string& ptx) {
  static const std::set<std::string> streams = {"vector_add", "saxpy",     "triad",     "copy",
                                                "dot",        "stencil2d", "stencil3d", "conv2d",
                                                "gemm"};
  const auto real = defines.find("REAL");
  const auto width = defines.find("WIDTH");
  if (kernel == "checksum")
    return !std::regex_search(ptx, std::regex("ld\\.global[.a-z]*\\.v[24]\\.[ub](32|64)"));
  const bool narrow_gemm = kernel == "gemm" && defines.at("TAIL") == "1";
  if (!streams.contains(kernel) || real == defines.end() || narrow_gemm) return false;
  const std::string lanes = real->second == "float" ? "4" : "2";
  if (width->second != lanes) return false;
  // A mere copy of two doubles may travel as four words: 16 bytes all the same.
  const std::string type = "\\.(v4\\.[fub]32|v2\\.[fub]64)";
  const bool loads = std::regex_search(ptx, std::regex("ld\\.global[.a-z]*" + type));
  const bool stores = std::regex_search(ptx, std::regex("st\\.global" + type));
  return !loads || (!stores && kernel != "dot");
}

/// What is wrong with one compilation; empty if nothing.
std::string fault(const std::string& kernel, const Defines& defines, const Compiled& compiled) {
  if (!compiled.ok) return "does not compile";
  if (compiled.cubin_bytes == 0) return "no machine code";
  if (compiled.log.find("warning") != std::string::npos) return "warnings";
  if (compiled.log.find("Used ") == std::string::npos) return "ptxas reported no registers";
  if (largest(compiled.log, "([0-9]+) bytes spill (stores|loads)") > 0) return "registers spill";
  if (largest(compiled.log, "([0-9]+) bytes smem") > static_shared_bytes)
    return "more than 48 KiB of shared memory";
  if (lacks_wide_accesses(kernel, defines, compiled.ptx)) return "no 16-byte accesses";
  return "";
}

int run() {
  void* library = open_nvrtc();
  if (library == nullptr) {
    fmt::print("SKIPPED: libnvrtc is missing (CARDWISE_CUDA_ROOT names a folder with lib/)\n");
    return required("nvrtc") ? 1 : skipped;
  }
  const Nvrtc api = resolve_all(library);
  int known = 0;
  api.count(&known);
  std::vector<int> supported(static_cast<std::size_t>(known));
  api.architectures(supported.data());

  int compilations = 0;
  int faults = 0;
  for (const int architecture : {80, 90, 100}) {
    if (std::find(supported.begin(), supported.end(), architecture) == supported.end()) {
      fmt::print("sm_{}: this NVRTC does not know it\n", architecture);
      continue;
    }
    for (const std::string& kernel : kernel_names(CARDWISE_KERNELS)) {
      const std::string source =
          flattened(CARDWISE_KERNELS "/portable.h", CARDWISE_KERNELS "/" + kernel + ".cl");
      for (const Defines& defines : card_variants(kernel)) {
        const Compiled compiled = compile(api, source, kernel, defines, architecture);
        const std::string wrong = fault(kernel, defines, compiled);
        ++compilations;
        fmt::print("sm_{} {} [{}]: {} registers, {} bytes smem{}\n", architecture, kernel,
                   label(defines), largest(compiled.log, "Used ([0-9]+) registers"),
                   largest(compiled.log, "([0-9]+) bytes smem"),
                   wrong.empty() ? "" : ": FAULT: " + wrong);
        if (wrong.empty()) continue;
        ++faults;
        fmt::print("{}\n", compiled.log);
      }
    }
  }
  fmt::print("{} compilations, {} faults\n", compilations, faults);
  return faults == 0 && compilations > 0 ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "nvrtc_check: {}\n", error.what());
    return 1;
  }
}
