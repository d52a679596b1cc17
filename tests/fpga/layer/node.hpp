// SPDX-License-Identifier: Apache-2.0
// The state of a made-up node with two FPGA cards, and its journal: a file with a line an event.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "opencl_layer.hpp"

namespace fpga_node {

constexpr const char* emulator_platform = "Intel(R) FPGA Emulation Platform for OpenCL(TM)";
constexpr const char* card_platform = "Intel(R) FPGA SDK for OpenCL(TM)";
constexpr cl_uint cards = 2;
constexpr cl_mem_flags heterogeneous = 1u << 19;  ///< CL_MEM_HETEROGENEOUS_INTELFPGA

using opencl_layer::below;
using opencl_layer::give;

/// A buffer as the cards' runtime sees it: where it lies is settled by its first use.
struct Memory {
  bool of_bank = false;  ///< asked for the bank of the argument that it becomes
  bool settled = false;
  bool made = false;  ///< a command has used it: the card's memory is taken at the first one
};

/// Who hears of refusals: clCreateContext's pfn_notify.
struct Listener {
  void(CL_CALLBACK* notify)(const char*, const void*, size_t, void*) = nullptr;
  void* user = nullptr;
};

struct Node {
  /// From CARDWISE_FPGA_NODE ("FILE" or "FILE,emulator-first"); empty file: no journal.
  Node();
  void note(const std::string& line);

  std::mutex mutex;
  std::string journal;
  bool emulator_first = false;
  cl_platform_id emulator = nullptr;             ///< the real platform below
  std::map<cl_device_id, int> places;            ///< of the cards: 0 and 1
  std::map<cl_device_id, std::size_t> programs;  ///< hash of what a card is programmed with
  std::map<cl_context, Listener> listeners;
  std::map<cl_mem, Memory> memory;
  std::map<cl_kernel, std::map<cl_uint, cl_mem>> arguments;
  std::set<std::string> said;  ///< lines that are written once a process
};

Node& node();

/// Whether the object belongs to a card, whose runtime knows OpenCL 1.0 alone.
bool is_card(cl_device_id device);
bool is_card(cl_context context);
bool is_card(cl_command_queue queue);
bool is_card(cl_mem memory);
bool is_card(cl_program program);
bool is_card(cl_kernel kernel);
bool is_card(cl_event event);

/// Writes a line once a process.
void note_once(const std::string& line);
/// Tells the context's listener, as Intel's runtime does, and gives `code` back.
cl_int refused(cl_context context, const char* text, cl_int code);

/// Takes the place of entry points that hold memory or programs, and of those beyond OpenCL 1.0.
void put_memory(cl_icd_dispatch& table);
void put_refusals(cl_icd_dispatch& table);

}  // namespace fpga_node
