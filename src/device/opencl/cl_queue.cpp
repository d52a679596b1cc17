// SPDX-License-Identifier: Apache-2.0
// The OpenCL backend's Queue and its marks: START of the first command to END of the last.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <memory>

#include "device/opencl/cl_device.hpp"

namespace cardwise {
namespace {

/// The commands around a mark: `before` ends at it, `after` starts at it.
struct MarkState {
  cl::Event before, after;
};

class ClMark : public Event {
 public:
  explicit ClMark(std::shared_ptr<MarkState> state) : state_(std::move(state)) {}
  const MarkState& state() const { return *state_; }

 private:
  std::shared_ptr<MarkState> state_;
};

class ClQueue : public Queue {
 public:
  ClQueue(ClDevice& device, bool timed)
      : device_(device),
        keeps_events_(timed || device.wait_mode() == WaitMode::yield),
        queue_(device.context(), device.device(),
               timed ? cl_command_queue_properties{CL_QUEUE_PROFILING_ENABLE} : 0) {}

  void launch(Kernel& kernel, const Grid& grid, std::initializer_list<Arg> args) override {
    ClKernel& cl_kernel = static_cast<ClKernel&>(kernel);
    cl_uint index = 0;
    for (const Arg& arg : args) {
      const cl_int code = cl_kernel.set(index, arg);
      if (code != CL_SUCCESS) fail(fmt::format("argument {} of {}", index, kernel.entry()), code);
      ++index;
    }
    std::size_t global[3], group[3];
    const bool one = cl_kernel.single_work_item();
    for (std::size_t d = 0; d < 3; ++d) {
      global[d] = one ? 1 : grid.global[d];
      group[d] = one ? 1 : grid.group[d];
    }
    const bool stamped = wants_event();
    cl_event event = nullptr;
    const cl_int code = clEnqueueNDRangeKernel(queue_(), cl_kernel.kernel()(), 3, nullptr, global,
                                               group[0] == 0 ? nullptr : group, 0, nullptr,
                                               stamped ? &event : nullptr);
    if (code != CL_SUCCESS) fail("launch " + kernel.entry(), code);
    note(stamped, cl::Event(event));
  }

  void write(Buffer& to, std::span<const std::byte> from, std::size_t offset) override {
    enqueue("write", [&](cl::Event* event) {
      queue_.enqueueWriteBuffer(memory(to), CL_FALSE, offset, from.size(), from.data(), nullptr,
                                event);
    });
  }

  void read(std::span<std::byte> to, Buffer& from, std::size_t offset) override {
    enqueue("read", [&](cl::Event* event) {
      queue_.enqueueReadBuffer(memory(from), CL_FALSE, offset, to.size(), to.data(), nullptr,
                               event);
    });
  }

  void copy(Buffer& to, Buffer& from, std::size_t bytes) override {
    enqueue("copy", [&](cl::Event* event) {
      queue_.enqueueCopyBuffer(memory(from), memory(to), 0, 0, bytes, nullptr, event);
    });
  }

  void fill(Buffer& to, std::uint8_t value, std::size_t offset, std::size_t bytes) override {
    if (!device_.knows_1_2()) return fill_by_writes(to, value, offset, bytes);
    enqueue("fill", [&](cl::Event* event) {
      queue_.enqueueFillBuffer(memory(to), value, offset, bytes, nullptr, event);
    });
  }

  std::unique_ptr<Event> mark() override {
    // Fewer commands came than were expected: a marker stands for the last one's end.
    expected_ = 0;
    if (!last_stamped_) enqueue("marker", [&](cl::Event* event) { enqueue_marker(event); });
    auto state = std::make_shared<MarkState>();
    state->before = last_;
    open_ = state;
    return std::make_unique<ClMark>(state);
  }

  void expect_commands(std::uint64_t commands) override { expected_ = commands; }

  void flush() override { check(clFlush(queue_()), "flush"); }

  void wait() override {
    if (device_.wait_mode() == WaitMode::yield && last_() != nullptr) {
      flush();
      while (status(last_) > CL_COMPLETE) sched_yield();
    }
    check(clFinish(queue_()), "wait");
    // A command can fail after it was taken, and clFinish still say success.
    if (last_() != nullptr && status(last_) < 0) check(status(last_), "wait: a command failed");
  }

 private:
  /// On a runtime before OpenCL 1.2 the later functions are null pointers.
  void enqueue_marker(cl::Event* event) {
    if (device_.knows_1_2()) {
      queue_.enqueueMarkerWithWaitList(nullptr, event);
      return;
    }
    cl_event made = nullptr;
    const cl_int code = clEnqueueMarker(queue_(), &made);
    if (code != CL_SUCCESS) throw cl::Error(code, "clEnqueueMarker");
    cl::Event owned(made);
    if (event != nullptr) *event = std::move(owned);
  }

  /// Before OpenCL 1.2 nothing fills: memory of that value is written, as often as it takes.
  void fill_by_writes(Buffer& to, std::uint8_t value, std::size_t offset, std::size_t bytes) {
    constexpr std::size_t most = std::size_t{1} << 20;
    PageBytes& source = filled_[value];  // kept: a write may read it as late as in wait()
    if (source.empty()) source.assign(most, std::byte{value});
    for (std::size_t done = 0; done < bytes; done += most)
      write(to, {source.data(), std::min(most, bytes - done)}, offset + done);
  }

  static const cl::Buffer& memory(Buffer& buffer) {
    return static_cast<ClBuffer&>(buffer).memory();
  }

  static cl_int status(const cl::Event& event) {
    return event.getInfo<CL_EVENT_COMMAND_EXECUTION_STATUS>();
  }

  template <class Enqueue>
  void enqueue(const char* what, Enqueue&& call) {
    const bool stamped = wants_event();
    cl::Event event;
    try {
      call(stamped ? &event : nullptr);
    } catch (const cl::Error& error) {
      fail(what, error.err());
    }
    note(stamped, std::move(event));
  }

  /// The next command needs an event: the first after a mark, the last that is expected before the
  /// next one, and every one that nobody has announced.
  bool wants_event() const { return keeps_events_ && (open_ || expected_ <= 1); }

  void note(bool stamped, cl::Event event) {
    if (expected_ > 0) --expected_;
    last_stamped_ = stamped || !keeps_events_;
    if (!stamped) return;
    if (open_) {
      open_->after = event;
      open_.reset();
    }
    last_ = std::move(event);
  }

  void check(cl_int code, const char* what) {
    if (code != CL_SUCCESS) fail(what, code);
  }

  [[noreturn]] void fail(const std::string& what, cl_int code) {
    throw_cl(what + " on " + device_.label(), code, device_.callback_text());
  }

  ClDevice& device_;
  bool keeps_events_;  ///< each costs time on the host: only where somebody asks for them
  cl::CommandQueue queue_;
  cl::Event last_;  ///< of the last stamped command
  bool last_stamped_ = true;
  std::uint64_t expected_ = 0;  ///< commands until the next mark; 0 unknown
  std::shared_ptr<MarkState> open_;  ///< a mark that waits for the next command
  std::map<std::uint8_t, PageBytes> filled_;  ///< what fill_by_writes writes, by its value
};

/// A stamp of a complete command; 0 where the runtime has none.
cl_ulong stamp(const cl::Event& event, cl_profiling_info what) {
  cl_ulong value = 0;
  if (event() == nullptr) return 0;
  const cl_int code = clGetEventProfilingInfo(event(), what, sizeof value, &value, nullptr);
  if (code == CL_PROFILING_INFO_NOT_AVAILABLE) return 0;
  if (code != CL_SUCCESS) throw_cl("time stamps of a command", code);
  return value;
}

/// Subtracts 64-bit stamps before any conversion; 0 for zero, equal or reversed ones.
std::int64_t difference(cl_ulong from, cl_ulong to) {
  return from == 0 || to <= from ? 0 : std::int64_t(to - from);
}

}  // namespace

std::unique_ptr<Queue> make_cl_queue(ClDevice& device, bool timed) {
  try {
    return std::make_unique<ClQueue>(device, timed);
  } catch (const cl::Error& error) {
    throw_cl("make a queue on " + device.label(), error.err(), device.callback_text());
  }
}

std::int64_t cl_elapsed_ns(const Event& start, const Event& end) {
  return difference(
      stamp(static_cast<const ClMark&>(start).state().after, CL_PROFILING_COMMAND_START),
      stamp(static_cast<const ClMark&>(end).state().before, CL_PROFILING_COMMAND_END));
}

std::int64_t cl_dispatch_ns(const Event& start) {
  const cl::Event& command = static_cast<const ClMark&>(start).state().after;
  return difference(stamp(command, CL_PROFILING_COMMAND_QUEUED),
                    stamp(command, CL_PROFILING_COMMAND_START));
}

}  // namespace cardwise
