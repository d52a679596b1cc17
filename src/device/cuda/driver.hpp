// SPDX-License-Identifier: Apache-2.0
// libcuda, opened at run time: its functions and what its error codes mean.
#pragma once

#include <cuda.h>

#include <string>

#include "device/cuda/driver_functions.hpp"
#include "device/dynamic_library.hpp"

namespace cardwise {

/// The driver's functions under the names of CARDWISE_CUDA_DRIVER_FUNCTIONS.
struct Driver {
  /// Opens libcuda.so.1 (tests only: the path in CARDWISE_CUDA_LIBRARY) and calls cuInit.
  /// Throws Error where it is missing, too old, or finds no card.
  Driver();

// NOLINTNEXTLINE(bugprone-macro-parentheses): a name declared takes none
#define CARDWISE_DECLARE(member, symbol) decltype(&::symbol) member = nullptr;
  CARDWISE_CUDA_DRIVER_FUNCTIONS(CARDWISE_DECLARE)
#undef CARDWISE_DECLARE

  /// It is the tests' double: its cards are emulated.
  bool emulated = false;
  /// cuDriverGetVersion: 12040 for 12.4.
  int version = -1;

  /// "CUDA_ERROR_OUT_OF_MEMORY"; a number where the driver has no name for it.
  std::string error_name(CUresult code) const;

 private:
  DynamicLibrary library_;
};

/// The process's driver, opened by the first call; throws what Driver() throws.
const Driver& driver();

/// After these the context is dead, so the run must end.
bool loses_device(CUresult code);

/// Throws Error: "cuMemAlloc 4.0 GiB on H100 (GPU-3f…): CUDA_ERROR_OUT_OF_MEMORY".
[[noreturn]] void fail(CUresult code, const std::string& doing);

/// For destructors: writes what fail() would throw to stderr. Says nothing while the process ends
/// (CUDA_ERROR_DEINITIALIZED).
void complain(CUresult code, const std::string& doing) noexcept;

}  // namespace cardwise
