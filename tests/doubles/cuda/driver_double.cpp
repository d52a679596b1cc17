// SPDX-License-Identifier: Apache-2.0
// The CUDA double's driver: start, cards, contexts.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>

#include "state.hpp"

// cuda.h renames them; these are the names that drivers export.
#undef cuDeviceGetUuid

/// By this symbol the backend knows that the cards are none.
EXPORT const int cardwise_emulated;
const int cardwise_emulated = 1;

namespace cuda_double {

State& state() {
  static State* const instance = new State;  // never destroyed: streams may outlive main()
  return *instance;
}

bool& initialised() {
  static bool value = false;
  return value;
}

CUcontext& current_context() {
  static thread_local CUcontext context = nullptr;
  return context;
}

Card* current_card(CUresult& code) {
  CUcontext context = current_context();
  if (context == nullptr || context->card->retained == 0) {
    code = context == nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_ERROR_CONTEXT_IS_DESTROYED;
    return nullptr;
  }
  code = context->card->sticky;
  return code == CUDA_SUCCESS ? context->card : nullptr;
}

namespace {

Card* card_at(CUdevice device) {
  const auto& cards = state().cards;
  return device >= 0 && static_cast<std::size_t>(device) < cards.size()
             ? cards[static_cast<std::size_t>(device)].get()
             : nullptr;
}

int attribute(const Card& card, CUdevice_attribute which) {
  const Pocl& on = *pocl();
  switch (which) {
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: return 1024;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: return static_cast<int>(on.local_bytes);
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: return 32;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: return on.clock_mhz * 1000;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: return on.compute_units;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE: return CU_COMPUTEMODE_DEFAULT;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: return static_cast<int>(on.cache_bytes);
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: return card.identity.cc_major;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: return card.identity.cc_minor;
    case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING: return 1;
    default: return 0;  // unknown, as for the memory clock of a host
  }
}

}  // namespace
}  // namespace cuda_double

using namespace cuda_double;

EXPORT CUresult cuInit(unsigned) {
  const std::lock_guard lock(state().mutex);
  if (initialised()) return CUDA_SUCCESS;
  if (pocl() == nullptr) {
    std::fputs("cuda double: no PoCL with shared virtual memory\n", stderr);
    return CUDA_ERROR_NO_DEVICE;
  }
  try {
    for (const Identity& identity : visible_cards()) {
      auto card = std::make_unique<Card>();
      card->identity = identity;
      state().cards.push_back(std::move(card));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cuda double: %s\n", error.what());
    return CUDA_ERROR_UNKNOWN;
  }
  if (state().cards.empty()) return CUDA_ERROR_NO_DEVICE;
  initialised() = true;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDriverGetVersion(int* version) {
  *version = 12000;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuGetErrorName(CUresult code, const char** name) {
#define CARDWISE_NAME(code) \
  case code: *name = #code; return CUDA_SUCCESS;
  switch (code) {
    CARDWISE_NAME(CUDA_SUCCESS)
    CARDWISE_NAME(CUDA_ERROR_INVALID_VALUE)
    CARDWISE_NAME(CUDA_ERROR_OUT_OF_MEMORY)
    CARDWISE_NAME(CUDA_ERROR_NOT_INITIALIZED)
    CARDWISE_NAME(CUDA_ERROR_NO_DEVICE)
    CARDWISE_NAME(CUDA_ERROR_INVALID_DEVICE)
    CARDWISE_NAME(CUDA_ERROR_INVALID_IMAGE)
    CARDWISE_NAME(CUDA_ERROR_INVALID_CONTEXT)
    CARDWISE_NAME(CUDA_ERROR_NO_BINARY_FOR_GPU)
    CARDWISE_NAME(CUDA_ERROR_INVALID_PTX)
    CARDWISE_NAME(CUDA_ERROR_INVALID_HANDLE)
    CARDWISE_NAME(CUDA_ERROR_NOT_FOUND)
    CARDWISE_NAME(CUDA_ERROR_NOT_READY)
    CARDWISE_NAME(CUDA_ERROR_ILLEGAL_ADDRESS)
    CARDWISE_NAME(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)
    CARDWISE_NAME(CUDA_ERROR_CONTEXT_IS_DESTROYED)
    CARDWISE_NAME(CUDA_ERROR_LAUNCH_FAILED)
    CARDWISE_NAME(CUDA_ERROR_NOT_SUPPORTED)
    CARDWISE_NAME(CUDA_ERROR_UNKNOWN)
    default: *name = nullptr; return CUDA_ERROR_INVALID_VALUE;
  }
#undef CARDWISE_NAME
}

EXPORT CUresult cuGetErrorString(CUresult code, const char** text) {
  return cuGetErrorName(code, text);
}

EXPORT CUresult cuDeviceGetCount(int* count) {
  if (!initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  *count = static_cast<int>(state().cards.size());
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGet(CUdevice* device, int index) {
  if (!initialised()) return CUDA_ERROR_NOT_INITIALIZED;
  if (card_at(index) == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  *device = index;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetName(char* name, int size, CUdevice device) {
  const Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  std::snprintf(name, static_cast<std::size_t>(size), "%s", card->identity.name.c_str());
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
  const Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  std::memcpy(uuid->bytes, card->identity.physical_uuid.data(), sizeof uuid->bytes);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
  const Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  std::memcpy(uuid->bytes, card->identity.uuid.data(), sizeof uuid->bytes);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetPCIBusId(char* text, int size, CUdevice device) {
  const Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  std::snprintf(text, static_cast<std::size_t>(size), "%s", card->identity.pci.c_str());
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
  const Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  *bytes = static_cast<std::size_t>(card->identity.memory_bytes);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute which, CUdevice device) {
  const Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  *value = attribute(*card, which);
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
  const std::lock_guard lock(state().mutex);
  Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  card->flags = flags;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  const std::lock_guard lock(state().mutex);
  Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  ++card->retained;
  *context = &card->context;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  const std::lock_guard lock(state().mutex);
  Card* card = card_at(device);
  if (card == nullptr) return CUDA_ERROR_INVALID_DEVICE;
  if (card->retained == 0) return CUDA_ERROR_INVALID_CONTEXT;
  // The last release makes a broken card usable again, as destroying the context does.
  if (--card->retained == 0) card->sticky = CUDA_SUCCESS;
  return CUDA_SUCCESS;
}

EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
  current_context() = context;
  return CUDA_SUCCESS;
}

/// The real NVRTC opens libcuda.so.1, finds this one by its name, and asks for private tables; it
/// crashes where the function is missing, and goes on without a table.
EXPORT CUresult cuGetExportTable(const void** table, const CUuuid*) {
  *table = nullptr;
  return CUDA_ERROR_NOT_SUPPORTED;
}
