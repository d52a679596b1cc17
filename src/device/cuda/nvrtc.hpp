// SPDX-License-Identifier: Apache-2.0
// NVRTC, opened at run time: from a kernel's text to machine code.
#pragma once

#include <nvrtc.h>

#include <cstddef>
#include <string>
#include <vector>

#include "device/cuda/driver_functions.hpp"
#include "device/device.hpp"
#include "device/dynamic_library.hpp"

namespace cardwise {

/// What NVRTC made of a kernel, to be loaded by the driver.
struct MachineCode {
  std::vector<std::byte> bytes;  ///< a cubin, or PTX with its final zero
  bool ptx = false;
};

/// The compiler for one process.
class Nvrtc {
 public:
  /// Opens NVRTC: by name, beside CUDA_HOME, in the toolkit's usual folder, in the folder known at
  /// build time (tests only: the path in CARDWISE_NVRTC_LIBRARY); of several that of the preferred
  /// major version, else the newest. Throws Error if there is none.
  explicit Nvrtc(int preferred_major = 0);

  /// "12.4".
  const std::string& version() const { return version_text_; }

  /// Machine code for sm_<major><minor>; PTX of the newest architecture below it where NVRTC does
  /// not know the card. Throws Error with the compiler's log, or where NVRTC knows none so old.
  MachineCode compile(const std::string& text, const std::string& file, const Defines& defines,
                      int cc_major, int cc_minor) const;
  /// The same as PTX, whether NVRTC knows the card or not.
  MachineCode compile_ptx(const std::string& text, const std::string& file, const Defines& defines,
                          int cc_major, int cc_minor) const;

  /// The option of the architecture: "sm_90" if it is known, else "compute_XY" with the newest
  /// below, else "".
  static std::string architecture(const std::vector<int>& known, int cc_major, int cc_minor);

 private:
  std::string architecture_for(const std::string& file, int cc_major, int cc_minor) const;
  MachineCode compile_for(const std::string& arch, const std::string& text,
                          const std::string& file, const Defines& defines) const;

  DynamicLibrary library_;
#define CARDWISE_DECLARE(member, symbol) decltype(&::symbol) member##_ = nullptr;
  CARDWISE_NVRTC_FUNCTIONS(CARDWISE_DECLARE)
#undef CARDWISE_DECLARE
  std::string version_text_;
  std::vector<int> known_;  // 90 for sm_90
};

/// The process's compiler, opened by the first call: that of the driver's version if it is there.
/// Throws what Nvrtc() throws.
const Nvrtc& nvrtc();

}  // namespace cardwise
