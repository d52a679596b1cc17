// SPDX-License-Identifier: Apache-2.0
// A test double: an OpenCL layer (OPENCL_LAYERS) that lies as CARDWISE_LYING_OPENCL says. It stands
// below the program's own OpenCL calls, where no decorator of Device can: the backend's checks of
// what a runtime answers are what it tries.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "lie.hpp"
#include "longer.hpp"
#include "opencl_layer.hpp"
#include "steady.hpp"
#include "together.hpp"

namespace lying_opencl {
namespace {

using opencl_layer::below;

struct State {
  State() {
    if (const char* text = std::getenv("CARDWISE_LYING_OPENCL"))
      for (Lie& lie : parse_lies(text))
        if (lie.rank < 0 || lie.rank == rank) lies.push_back(std::move(lie));
  }

  /// Counts the call; the lie that it meets, or null. What is steady is met beside all others.
  const Lie* hit(Call call, const std::string& entry = "", bool steady = false) {
    const Lie* met = nullptr;
    for (Lie& lie : lies) {
      if ((lie.kind == Kind::steady) != steady) continue;
      if (lie.call != call || (!lie.step.empty() && lie.step != steps.step())) continue;
      if (lie.visit != 0 && lie.visit != steps.visit()) continue;
      if (call == Call::launch && lie.entry != "*" &&
          (lie.entry.empty() ? is_harness(entry) : lie.entry != entry))
        continue;
      ++lie.calls;
      if (lie.calls < lie.nth || lie.calls - lie.nth >= lie.count) continue;
      ++lie.told;
      met = &lie;
    }
    return met;
  }

  std::mutex mutex;
  const int rank = rank_of_process(), ranks = ranks_of_job();
  std::vector<Lie> lies;
  Steps steps;
  Longer longer;
  Steady quiet;
  const Lie* how_quiet = nullptr;  ///< of the window's launches
  Together together{rank, ranks};
  std::map<std::size_t, std::vector<unsigned char>> last_read;  ///< by its size
  std::map<const char*, std::size_t> shared_memory;             ///< clSVMAlloc's, by address
};

State& state() {
  static State* const instance = new State;  // lives longer than the runtime's exit handlers
  return *instance;
}

/// At the end of the process: a test must know that what it saw was not the truth.
void confess() {
  const std::lock_guard lock(state().mutex);
  for (const Lie& lie : state().lies)
    std::fprintf(stderr, "%s: rank %d lied in %llu calls\n", opencl_layer::name, state().rank,
                 static_cast<unsigned long long>(lie.told));
}

/// What any call can be told to do: `error`'s answer, or CL_SUCCESS; never comes back from `hang`
/// and `crash`.
cl_int obey(const Lie* lie) {
  if (lie == nullptr) return CL_SUCCESS;
  if (lie->kind == Kind::crash) std::raise(SIGSEGV);
  if (lie->kind == Kind::hang)
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  return lie->kind == Kind::error ? lie->code : CL_SUCCESS;
}

const Lie* met(Call call, const std::string& entry = "") {
  const std::lock_guard lock(state().mutex);
  return state().hit(call, entry);
}

/// Of a call that gives an object: true where it has to give none, with the reason in `code`.
bool refuses(Call call, cl_int* code) {
  const cl_int answer = obey(met(call));
  if (answer != CL_SUCCESS && code != nullptr) *code = answer;
  return answer != CL_SUCCESS;
}

template <class Work>
void note(Work&& work) {
  const std::lock_guard lock(state().mutex);
  work(state().steps);
}

bool skips(const Lie* lie) { return lie != nullptr && lie->kind == Kind::skip; }

/// A command that does nothing still has an event, if one is asked for.
cl_int nothing(cl_command_queue queue, cl_uint count, const cl_event* wait, cl_event* event) {
  if (event == nullptr) return CL_SUCCESS;
  // A runtime of OpenCL 1.0 has but the older one.
  return count == 0 ? below->clEnqueueMarker(queue, event)
                    : below->clEnqueueMarkerWithWaitList(queue, count, wait, event);
}

/// The bytes of a read that is over: remembered, and made wrong where a lie says so.
void arrived(const Lie* lie, void* to, std::size_t bytes) {
  auto* data = static_cast<unsigned char*>(to);
  const std::lock_guard lock(state().mutex);
  std::vector<unsigned char>& last = state().last_read[bytes];
  if (lie != nullptr && lie->kind == Kind::previous)
    std::copy(last.begin(), last.end(), data);
  else if (lie != nullptr)
    spoil(data, bytes, lie->kind);
  last.assign(data, data + bytes);
}

std::string entry_of(cl_kernel kernel) {
  char name[256] = "";
  below->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, nullptr);
  return name;
}

// The calls that lie

cl_command_queue CL_API_CALL create_queue(cl_context context, cl_device_id device,
                                          cl_command_queue_properties properties, cl_int* code) {
  if (refuses(Call::create, code)) return nullptr;
  return below->clCreateCommandQueue(context, device, properties, code);
}

cl_command_queue CL_API_CALL create_queue_with(cl_context context, cl_device_id device,
                                               const cl_queue_properties* properties,
                                               cl_int* code) {
  if (refuses(Call::create, code)) return nullptr;
  return below->clCreateCommandQueueWithProperties(context, device, properties, code);
}

cl_int CL_API_CALL build(cl_program program, cl_uint count, const cl_device_id* devices,
                         const char* options, void(CL_CALLBACK* notify)(cl_program, void*),
                         void* data) {
  note([](Steps& s) { s.other(); });
  const cl_int answer = obey(met(Call::build));
  if (answer != CL_SUCCESS) return answer;
  return below->clBuildProgram(program, count, devices, options, notify, data);
}

cl_kernel CL_API_CALL make_kernel(cl_program program, const char* name, cl_int* code) {
  note([](Steps& s) { s.other(); });
  return below->clCreateKernel(program, name, code);
}

cl_mem CL_API_CALL allocate(cl_context context, cl_mem_flags flags, std::size_t bytes, void* host,
                            cl_int* code) {
  note([](Steps& s) { s.other(); });
  if (refuses(Call::allocate, code)) return nullptr;
  return below->clCreateBuffer(context, flags, bytes, host, code);
}

void* CL_API_CALL allocate_shared(cl_context context, cl_svm_mem_flags flags, std::size_t bytes,
                                  cl_uint alignment) {
  note([](Steps& s) { s.other(); });
  if (obey(met(Call::allocate)) != CL_SUCCESS) return nullptr;
  void* memory = below->clSVMAlloc(context, flags, bytes, alignment);
  const std::lock_guard lock(state().mutex);
  state().shared_memory[static_cast<const char*>(memory)] = bytes;
  return memory;
}

void CL_API_CALL free_shared(cl_context context, void* memory) {
  {
    const std::lock_guard lock(state().mutex);
    state().shared_memory.erase(static_cast<const char*>(memory));
  }
  below->clSVMFree(context, memory);
}

cl_int CL_API_CALL write(cl_command_queue queue, cl_mem to, cl_bool blocking, std::size_t offset,
                         std::size_t bytes, const void* from, cl_uint count, const cl_event* wait,
                         cl_event* event) {
  if (!state().lies.empty() && is_fill(from, bytes)) {
    note([&](Steps& s) { s.filled(*static_cast<const std::uint8_t*>(from)); });
    return below->clEnqueueWriteBuffer(queue, to, blocking, offset, bytes, from, count, wait,
                                       event);
  }
  const Lie* lie = met(Call::write);
  if (const cl_int answer = obey(lie); answer != CL_SUCCESS) return answer;
  if (skips(lie)) return nothing(queue, count, wait, event);
  return below->clEnqueueWriteBuffer(queue, to, blocking, offset, bytes, from, count, wait, event);
}

cl_int CL_API_CALL read(cl_command_queue queue, cl_mem from, cl_bool blocking, std::size_t offset,
                        std::size_t bytes, void* to, cl_uint count, const cl_event* wait,
                        cl_event* event) {
  note([](Steps& s) { s.other(); });
  const Lie* lie = met(Call::read);
  if (const cl_int answer = obey(lie); answer != CL_SUCCESS) return answer;
  if (skips(lie)) return nothing(queue, count, wait, event);
  if (state().lies.empty())
    return below->clEnqueueReadBuffer(queue, from, blocking, offset, bytes, to, count, wait, event);
  const cl_int code =
      below->clEnqueueReadBuffer(queue, from, CL_TRUE, offset, bytes, to, count, wait, event);
  if (code == CL_SUCCESS) arrived(lie, to, bytes);
  return code;
}

/// The CUDA double's copies; to or from memory that is not shared they are reads and writes.
cl_int CL_API_CALL copy_shared(cl_command_queue queue, cl_bool blocking, void* to, const void* from,
                               std::size_t bytes, cl_uint count, const cl_event* wait,
                               cl_event* event) {
  const auto is_shared = [](const void* address) {
    const std::lock_guard lock(state().mutex);
    const auto* at = static_cast<const char*>(address);
    auto next = state().shared_memory.upper_bound(at);
    if (next == state().shared_memory.begin()) return false;
    --next;
    return at < next->first + next->second;
  };
  const bool reads = !is_shared(to), writes = !is_shared(from);
  if (reads) note([](Steps& s) { s.other(); });
  const Lie* lie = reads ? met(Call::read) : writes ? met(Call::write) : nullptr;
  if (const cl_int answer = obey(lie); answer != CL_SUCCESS) return answer;
  if (skips(lie)) return nothing(queue, count, wait, event);
  const bool watched = reads && !state().lies.empty();
  const cl_int code = below->clEnqueueSVMMemcpy(queue, watched ? CL_TRUE : blocking, to, from,
                                                bytes, count, wait, event);
  if (watched && code == CL_SUCCESS) arrived(lie, to, bytes);
  return code;
}

cl_int CL_API_CALL fill(cl_command_queue queue, cl_mem to, const void* pattern, std::size_t size,
                        std::size_t offset, std::size_t bytes, cl_uint count, const cl_event* wait,
                        cl_event* event) {
  note([&](Steps& s) { s.filled(*static_cast<const std::uint8_t*>(pattern)); });
  return below->clEnqueueFillBuffer(queue, to, pattern, size, offset, bytes, count, wait, event);
}

cl_int CL_API_CALL fill_shared(cl_command_queue queue, void* to, const void* pattern,
                               std::size_t size, std::size_t bytes, cl_uint count,
                               const cl_event* wait, cl_event* event) {
  note([&](Steps& s) { s.filled(*static_cast<const std::uint8_t*>(pattern)); });
  return below->clEnqueueSVMMemFill(queue, to, pattern, size, bytes, count, wait, event);
}

cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                          const std::size_t* offset, const std::size_t* global,
                          const std::size_t* local, cl_uint count, const cl_event* wait,
                          cl_event* event) {
  const std::string entry = entry_of(kernel);
  note([&](Steps& s) { s.launched(is_harness(entry)); });
  state().together.works();
  const Lie* lie = met(Call::launch, entry);
  if (const cl_int answer = obey(lie); answer != CL_SUCCESS) return answer;
  if (skips(lie)) return nothing(queue, count, wait, event);
  const cl_int code = below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global,
                                                    local, count, wait, event);
  const std::lock_guard lock(state().mutex);
  const bool longer = lie != nullptr && lie->kind == Kind::longer &&
                      (!lie->together || state().together.with_another());
  const double percent = longer ? lie->percent : 0;
  const cl_event made = event == nullptr ? nullptr : *event;
  if (const Lie* steady = state().hit(Call::launch, entry, true)) {
    state().how_quiet = steady;
    state().quiet.launched(steady->ns * (1 + percent / 100), made);
  } else {
    state().longer.launched(percent, made);
  }
  return code;
}

void marked(const cl_event* event) {
  const std::lock_guard lock(state().mutex);
  state().longer.marked(event == nullptr ? nullptr : *event);
  state().quiet.marked(event == nullptr ? nullptr : *event);
}

cl_int CL_API_CALL marker(cl_command_queue queue, cl_uint count, const cl_event* wait,
                          cl_event* event) {
  const cl_int code = below->clEnqueueMarkerWithWaitList(queue, count, wait, event);
  marked(event);
  return code;
}

cl_int CL_API_CALL older_marker(cl_command_queue queue, cl_event* event) {
  const cl_int code = below->clEnqueueMarker(queue, event);
  marked(event);
  return code;
}

cl_int CL_API_CALL finish(cl_command_queue queue) {
  const cl_int answer = obey(met(Call::wait));
  note([](Steps& s) { s.finished(); });
  if (answer != CL_SUCCESS) return answer;
  const cl_int code = below->clFinish(queue);
  std::chrono::nanoseconds extra{};
  note([&](Steps&) {
    extra = state().longer.finished();
    if (state().how_quiet == nullptr) return;
    cl_ulong begin = 0;
    if (const cl_event first = state().quiet.first())
      below->clGetEventProfilingInfo(first, CL_PROFILING_COMMAND_START, sizeof begin, &begin,
                                     nullptr);
    const Lie& how = *state().how_quiet;
    const auto seed = how.seed * 1'000'003 + std::uint64_t(state().rank);
    extra += state().quiet.finished(how.jitter, seed, begin);
  });
  std::this_thread::sleep_for(extra);
  state().together.rests();
  return code;
}

/// Stamps of one event; START and END are what the program subtracts.
cl_int CL_API_CALL profile(cl_event event, cl_profiling_info what, std::size_t size, void* value,
                           std::size_t* given) {
  const Lie* lie = met(Call::profile);
  if (const cl_int answer = obey(lie); answer != CL_SUCCESS) return answer;
  const cl_int code = below->clGetEventProfilingInfo(event, what, size, value, given);
  if (code != CL_SUCCESS || value == nullptr || size < sizeof(cl_ulong)) return code;
  const bool ends = what == CL_PROFILING_COMMAND_END;
  cl_ulong stamp = 0;
  std::memcpy(&stamp, value, sizeof stamp);
  if (ends)
    note([&](Steps&) {
      stamp = state().quiet.end(event).value_or(stamp + state().longer.later(event));
    });
  std::memcpy(value, &stamp, sizeof stamp);
  if (lie == nullptr) return code;
  constexpr cl_ulong second = 1'000'000'000, wrap = cl_ulong{1} << 32;
  if (lie->kind == Kind::stamps_zero) stamp = 0;
  if (lie->kind == Kind::stamps_equal) stamp = second;
  if (lie->kind == Kind::stamps_reversed) stamp = wrap * wrap / 2 - stamp;
  if (lie->kind == Kind::stamps_wrapped) stamp = stamp % (wrap / 2) + (ends ? 0 : wrap / 2);
  std::memcpy(value, &stamp, sizeof stamp);
  return code;
}

cl_int CL_API_CALL device_info(cl_device_id device, cl_device_info what, std::size_t size,
                               void* value, std::size_t* given) {
  constexpr cl_device_info uuid = 0x106A, pci_bus_info = 0x410F;
  const Lie* lie = met(Call::identity);
  const auto give = [&](const void* from, std::size_t bytes) {
    return opencl_layer::give(from, bytes, size, value, given);
  };
  if (lie == nullptr) return below->clGetDeviceInfo(device, what, size, value, given);
  if (what == CL_DEVICE_TYPE) {
    const cl_device_type type = CL_DEVICE_TYPE_GPU;
    return give(&type, sizeof type);
  }
  if (what == CL_DEVICE_NAME) return give(opencl_layer::name, std::strlen(opencl_layer::name) + 1);
  if (what == uuid) return give("test double uuid", 16);
  if (what == pci_bus_info) {
    const cl_uint address[4] = {0, 0x17, 0, 0};
    return give(address, sizeof address);
  }
  return below->clGetDeviceInfo(device, what, size, value, given);
}

}  // namespace
}  // namespace lying_opencl

using namespace lying_opencl;

const char* const opencl_layer::name = "cardwise test double: OpenCL that lies";

void opencl_layer::put(cl_icd_dispatch& table) {
  table.clCreateCommandQueue = create_queue;
  table.clCreateCommandQueueWithProperties = create_queue_with;
  table.clBuildProgram = build;
  table.clCreateKernel = make_kernel;
  table.clCreateBuffer = allocate;
  table.clSVMAlloc = allocate_shared;
  table.clSVMFree = free_shared;
  table.clEnqueueWriteBuffer = write;
  table.clEnqueueReadBuffer = lying_opencl::read;
  table.clEnqueueSVMMemcpy = copy_shared;
  table.clEnqueueFillBuffer = fill;
  table.clEnqueueSVMMemFill = fill_shared;
  table.clEnqueueNDRangeKernel = launch;
  table.clEnqueueMarkerWithWaitList = marker;
  table.clEnqueueMarker = older_marker;
  table.clFinish = finish;
  table.clGetEventProfilingInfo = profile;
  table.clGetDeviceInfo = device_info;
  if (!state().lies.empty()) std::atexit(confess);
}
