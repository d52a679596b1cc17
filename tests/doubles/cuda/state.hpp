// SPDX-License-Identifier: Apache-2.0
// What the CUDA double's driver knows: cards, contexts, memory, streams, events, modules.
#pragma once

#include <cuda.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cards.hpp"
#include "pocl.hpp"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace cuda_double {

struct Card;

struct Allocation {
  void* base = nullptr;  // what clSVMAlloc gave
  std::size_t bytes = 0;
  Card* card = nullptr;
  bool host = false;
};

}  // namespace cuda_double

// cuda.h declares these and leaves them to the driver.
struct CUctx_st {
  cuda_double::Card* card;
};
struct CUstream_st {
  cuda_double::Card* card;
  cl_command_queue queue;
};
struct CUevent_st {
  cuda_double::Card* card;
  bool timing;
  cl_event marker;  // null until recorded
};
struct CUfunc_st {
  cuda_double::Card* card;
  cl_kernel kernel;
  std::vector<std::size_t> argument_bytes;  // 0: a pointer
};
struct CUmod_st {
  cuda_double::Card* card;
  cl_program program;
  cuda_double::Image image;
  std::map<std::string, CUfunc_st> functions;
};

namespace cuda_double {

struct Card {
  Identity identity;
  CUctx_st context{this};
  int retained = 0;
  unsigned flags = 0;
  std::size_t used_bytes = 0;
  std::set<CUstream> streams;
  CUresult sticky = CUDA_SUCCESS;  // after it every call fails, as on a real card
};

/// Everything behind one lock: calls are short, the work itself runs in PoCL's threads.
struct State {
  std::mutex mutex;
  std::vector<std::unique_ptr<Card>> cards;
  std::map<std::uintptr_t, Allocation> allocations;  // by address, of all cards

  /// The allocation that holds [address, address + bytes), or null.
  const Allocation* holding(const void* address, std::size_t bytes) const;
};

State& state();

/// Whether cuInit has been called with success.
bool& initialised();

/// The calling thread's card; null and an error code where it has no context or the context is
/// broken. state().mutex must be held.
Card* current_card(CUresult& code);
CUcontext& current_context();

}  // namespace cuda_double
