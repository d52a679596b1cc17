// SPDX-License-Identifier: Apache-2.0
// A look-alike of NVRTC whose "machine code" is the kernel's text; PoCL only checks it.
#include <nvrtc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "pocl.hpp"

#define EXPORT extern "C" __attribute__((visibility("default")))

struct _nvrtcProgram {
  std::string text, name, log, code;
  bool compiled = false;
  bool virtual_arch = false;
};

/// How often something was compiled, for tests of caches.
EXPORT int cardwise_nvrtc_compilations;
int cardwise_nvrtc_compilations = 0;

namespace {

constexpr std::array known_archs{80, 90};

nvrtcResult copy_out(const std::string& text, char* to) {
  if (to == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  std::memcpy(to, text.c_str(), text.size() + 1);
  return NVRTC_SUCCESS;
}

// "sm_90" and "compute_90", if 90 is known.
bool known(const std::string& arch, bool& is_virtual) {
  is_virtual = arch.starts_with("compute_");
  const std::string number = arch.substr(arch.find('_') + 1);
  return (is_virtual || arch.starts_with("sm_")) &&
         std::any_of(known_archs.begin(), known_archs.end(),
                     [&](int a) { return number == std::to_string(a); });
}

}  // namespace

EXPORT nvrtcResult nvrtcVersion(int* major, int* minor) {
  *major = 12;
  *minor = 0;
  return NVRTC_SUCCESS;
}

EXPORT const char* nvrtcGetErrorString(nvrtcResult code) {
  switch (code) {
    case NVRTC_SUCCESS: return "NVRTC_SUCCESS";
    case NVRTC_ERROR_INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
    case NVRTC_ERROR_INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
    case NVRTC_ERROR_INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
    case NVRTC_ERROR_COMPILATION: return "NVRTC_ERROR_COMPILATION";
    default: return "NVRTC_ERROR_INTERNAL_ERROR";
  }
}

EXPORT nvrtcResult nvrtcGetNumSupportedArchs(int* count) {
  *count = static_cast<int>(known_archs.size());
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcGetSupportedArchs(int* archs) {
  std::copy(known_archs.begin(), known_archs.end(), archs);
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcCreateProgram(nvrtcProgram* program, const char* text, const char* name,
                                      int headers, const char* const*, const char* const*) {
  if (program == nullptr || text == nullptr || headers != 0) return NVRTC_ERROR_INVALID_INPUT;
  *program = new _nvrtcProgram{.text = text, .name = name != nullptr ? name : "", .log = {},
                               .code = {}};
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcDestroyProgram(nvrtcProgram* program) {
  if (program == nullptr || *program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  delete *program;
  *program = nullptr;
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count,
                                       const char* const* options) {
  if (program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  ++cardwise_nvrtc_compilations;
  cuda_double::Image image{.defines = {}, .text = program->text};
  for (int i = 0; i < count; ++i) {
    const std::string option = options[i];
    const std::string arch_option = "--gpu-architecture=";
    if (option.starts_with("-D")) {
      image.defines.push_back(option);
    } else if (option.starts_with(arch_option)) {
      if (!known(option.substr(arch_option.size()), program->virtual_arch)) {
        program->log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
        return NVRTC_ERROR_INVALID_OPTION;
      }
    } else if (!option.starts_with("--std=c++")) {
      program->log = "nvrtc: error: unrecognized option " + option + " found\n";
      return NVRTC_ERROR_INVALID_OPTION;
    }
  }
  const cuda_double::Pocl* pocl = cuda_double::pocl();
  if (pocl == nullptr) {
    program->log = "the double finds no PoCL\n";
    return NVRTC_ERROR_COMPILATION;
  }
  cl_program built = cuda_double::build(*pocl, image, program->log);
  if (built == nullptr) return NVRTC_ERROR_COMPILATION;
  clReleaseProgram(built);
  program->code = image.pack();
  program->compiled = true;
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, std::size_t* size) {
  *size = program->log.size() + 1;
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char* log) {
  return copy_out(program->log, log);
}

// As with the real one, there is machine code for sm_XY and none for compute_XY.
EXPORT nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, std::size_t* size) {
  if (!program->compiled) return NVRTC_ERROR_INVALID_PROGRAM;
  *size = program->virtual_arch ? 0 : program->code.size() + 1;
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char* code) {
  if (!program->compiled || program->virtual_arch) return NVRTC_ERROR_INVALID_PROGRAM;
  return copy_out(program->code, code);
}

EXPORT nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, std::size_t* size) {
  if (!program->compiled) return NVRTC_ERROR_INVALID_PROGRAM;
  *size = program->code.size() + 1;
  return NVRTC_SUCCESS;
}

EXPORT nvrtcResult nvrtcGetPTX(nvrtcProgram program, char* code) {
  if (!program->compiled) return NVRTC_ERROR_INVALID_PROGRAM;
  return copy_out(program->code, code);
}
