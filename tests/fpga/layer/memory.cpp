// SPDX-License-Identifier: Apache-2.0
// Programs and buffers of the cards: programming takes long, a buffer's bank is settled by its
// first use, and what the host hands over without alignment takes the slow way.
#include <chrono>
#include <functional>
#include <string_view>
#include <thread>
#include <utility>

#include "node.hpp"

namespace fpga_node {
namespace {

constexpr std::chrono::milliseconds programming{200};
constexpr std::size_t dma_bytes = 4096;   ///< transfers of at least that many are worth a word
constexpr std::uintptr_t alignment = 64;  ///< of the host's address, for DMA [Intel's guide]

cl_program CL_API_CALL from_binary(cl_context context, cl_uint count, const cl_device_id* devices,
                                   const std::size_t* sizes, const unsigned char** binaries,
                                   cl_int* status, cl_int* code) {
  cl_program program =
      below->clCreateProgramWithBinary(context, count, devices, sizes, binaries, status, code);
  for (cl_uint i = 0; program != nullptr && i < count; ++i) {
    if (!is_card(devices[i])) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(binaries[i]), sizes[i]);
    const std::size_t hash = std::hash<std::string_view>()(bytes);
    const std::lock_guard lock(node().mutex);
    const auto [at, first] = node().programs.try_emplace(devices[i], hash);
    const std::string card = " card " + std::to_string(node().places.at(devices[i]));
    if (!first && at->second == hash) {
      node().note("kept" + card);
      continue;
    }
    at->second = hash;
    node().note((first ? "programmed" : "reprogrammed") + card);
    std::this_thread::sleep_for(programming);
  }
  return program;
}

cl_mem CL_API_CALL create(cl_context context, cl_mem_flags flags, std::size_t bytes, void* host,
                          cl_int* code) {
  cl_mem memory = below->clCreateBuffer(context, flags, bytes, host, code);
  if (memory == nullptr || !is_card(context)) return memory;
  const bool of_bank = (flags & heterogeneous) != 0;
  const bool pinned = (flags & CL_MEM_ALLOC_HOST_PTR) != 0;
  note_once(of_bank ? "buffer of a bank" : pinned ? "buffer of the host" : "buffer of no bank");
  const std::lock_guard lock(node().mutex);
  node().memory[memory] = {.of_bank = of_bank, .settled = false, .made = false};
  return memory;
}

cl_int CL_API_CALL set_argument(cl_kernel kernel, cl_uint index, std::size_t size,
                                const void* value) {
  const cl_int code = below->clSetKernelArg(kernel, index, size, value);
  // NOLINTNEXTLINE(bugprone-sizeof-expression): the handle's
  if (code != CL_SUCCESS || value == nullptr || size != sizeof(cl_mem)) return code;
  const std::lock_guard lock(node().mutex);
  const auto found = node().memory.find(*static_cast<const cl_mem*>(value));
  if (found == node().memory.end()) return code;
  found->second.settled = true;
  node().arguments[kernel][index] = found->first;
  return code;
}

/// Memory that a launch makes is time of that launch. The checks may have such, nobody times them.
cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                          const std::size_t* offset, const std::size_t* global,
                          const std::size_t* local, cl_uint count, const cl_event* wait,
                          cl_event* event) {
  char entry[256] = "";
  below->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof entry, entry, nullptr);
  const bool check = std::string_view(entry).starts_with("cw_checksum");
  bool made = false;
  {
    const std::lock_guard lock(node().mutex);
    for (const auto& [index, memory] : node().arguments[kernel])
      made = !std::exchange(node().memory[memory].made, true) || made;
  }
  if (made && !check) note_once(std::string("memory made by ") + entry);
  return below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global, local, count,
                                       wait, event);
}

cl_int CL_API_CALL release_kernel(cl_kernel kernel) {
  cl_uint count = 0;
  below->clGetKernelInfo(kernel, CL_KERNEL_REFERENCE_COUNT, sizeof count, &count, nullptr);
  const std::lock_guard lock(node().mutex);
  if (count == 1) node().arguments.erase(kernel);  // the handle may come back as another's
  return below->clReleaseKernel(kernel);
}

/// A buffer without a bank yet gets the default memory, and is copied when a kernel wants it.
void settle(cl_mem memory) {
  bool misplaced = false;
  {
    const std::lock_guard lock(node().mutex);
    const auto found = node().memory.find(memory);
    if (found == node().memory.end()) return;
    misplaced = found->second.of_bank && !found->second.settled;
    found->second.settled = found->second.made = true;
  }
  if (misplaced) note_once("used before its bank was known");
}

void check_address(cl_command_queue queue, const void* host, std::size_t bytes, const char* what) {
  if (bytes < dma_bytes || !is_card(queue)) return;
  const bool aligned = reinterpret_cast<std::uintptr_t>(host) % alignment == 0;
  note_once(std::string(aligned ? "aligned " : "not aligned ") + what);
}

cl_int CL_API_CALL write(cl_command_queue queue, cl_mem to, cl_bool blocking, std::size_t offset,
                         std::size_t bytes, const void* from, cl_uint count, const cl_event* wait,
                         cl_event* event) {
  settle(to);
  check_address(queue, from, bytes, "write");
  return below->clEnqueueWriteBuffer(queue, to, blocking, offset, bytes, from, count, wait, event);
}

cl_int CL_API_CALL read(cl_command_queue queue, cl_mem from, cl_bool blocking, std::size_t offset,
                        std::size_t bytes, void* to, cl_uint count, const cl_event* wait,
                        cl_event* event) {
  settle(from);
  check_address(queue, to, bytes, "read");
  return below->clEnqueueReadBuffer(queue, from, blocking, offset, bytes, to, count, wait, event);
}

cl_int CL_API_CALL copy(cl_command_queue queue, cl_mem from, cl_mem to, std::size_t from_offset,
                        std::size_t to_offset, std::size_t bytes, cl_uint count,
                        const cl_event* wait, cl_event* event) {
  settle(from);
  settle(to);
  return below->clEnqueueCopyBuffer(queue, from, to, from_offset, to_offset, bytes, count, wait,
                                    event);
}

}  // namespace

void put_memory(cl_icd_dispatch& table) {
  table.clCreateProgramWithBinary = from_binary;
  table.clCreateBuffer = create;
  table.clSetKernelArg = set_argument;
  table.clEnqueueNDRangeKernel = launch;
  table.clReleaseKernel = release_kernel;
  table.clEnqueueWriteBuffer = write;
  table.clEnqueueReadBuffer = fpga_node::read;
  table.clEnqueueCopyBuffer = copy;
}

}  // namespace fpga_node
