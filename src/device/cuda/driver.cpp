// SPDX-License-Identifier: Apache-2.0
// libcuda, opened at run time.
#include "device/cuda/driver.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "core/error.hpp"

namespace cardwise {
namespace {

std::vector<std::string> driver_candidates() {
  if (const char* path = std::getenv("CARDWISE_CUDA_LIBRARY")) return {path};
  return {"libcuda.so.1"};
}

}  // namespace

Driver::Driver() : library_(driver_candidates()) {
#define CARDWISE_LOOK_UP(member, symbol) \
  member = reinterpret_cast<decltype(member)>(library_.require(#symbol));
  CARDWISE_CUDA_DRIVER_FUNCTIONS(CARDWISE_LOOK_UP)
#undef CARDWISE_LOOK_UP
  emulated = library_.find("cardwise_emulated") != nullptr;
  if (const CUresult code = init(0); code != CUDA_SUCCESS) {
    throw Error("cuInit: " + error_name(code));
  }
  if (driver_get_version(&version) != CUDA_SUCCESS) version = -1;
}

std::string Driver::error_name(CUresult code) const {
  const char* name = nullptr;
  if (get_error_name(code, &name) == CUDA_SUCCESS && name != nullptr) return name;
  return "CUDA error " + std::to_string(static_cast<int>(code));
}

const Driver& driver() {
  static const Driver instance;  // a throwing constructor is tried again by the next call
  return instance;
}

bool loses_device(CUresult code) {
  // Numbers, since the oldest headers do not have all the names.
  constexpr std::array lost{
      4,    // DEINITIALIZED
      46,   // DEVICE_UNAVAILABLE
      214,  // ECC_UNCORRECTABLE
      220,  // NVLINK_UNCORRECTABLE
      700,  // ILLEGAL_ADDRESS
      702,  // LAUNCH_TIMEOUT
      709,  // CONTEXT_IS_DESTROYED
      710,  // ASSERT
      714,  // HARDWARE_STACK_ERROR
      715,  // ILLEGAL_INSTRUCTION
      716,  // MISALIGNED_ADDRESS
      717,  // INVALID_ADDRESS_SPACE
      718,  // INVALID_PC
      719,  // LAUNCH_FAILED
      721,  // TENSOR_MEMORY_LEAK
      911,  // EXTERNAL_DEVICE
  };
  return std::find(lost.begin(), lost.end(), static_cast<int>(code)) != lost.end();
}

void fail(CUresult code, const std::string& doing) {
  throw Error(doing + ": " + driver().error_name(code), loses_device(code));
}

void complain(CUresult code, const std::string& doing) noexcept {
  if (code == CUDA_SUCCESS || code == CUDA_ERROR_DEINITIALIZED) return;
  try {
    const std::string text = "cardwise: " + doing + ": " + driver().error_name(code) + "\n";
    std::fputs(text.c_str(), stderr);
  } catch (...) {
    std::fputs("cardwise: a CUDA call failed in a destructor\n", stderr);
  }
}

}  // namespace cardwise
