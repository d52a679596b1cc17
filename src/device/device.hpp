// SPDX-License-Identifier: Apache-2.0
// One card seen through one API: Device, Queue, Buffer, Kernel, Event.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace cardwise {

struct KernelSource;

enum class DeviceClass { gpu, fpga, cpu, emulated };

/// "gpu", "fpga", "cpu", "emulated": as in --type and the result file.
const char* name_of(DeviceClass c);

/// Facts about a card as one API tells them; unknown is -1 or "".
struct DeviceInfo {
  std::string backend;  ///< "opencl" or "cuda"
  int index = -1;       ///< position in the backend's own list
  DeviceClass device_class = DeviceClass::cpu;
  std::string name, vendor;
  std::string uuid;        ///< "GPU-…" or "MIG-…", lower-case hex; "" unknown
  std::string pci_bus_id;  ///< "0000:17:00.0"; "" unknown
  std::string pci_device_id;
  std::string platform, platform_version, driver_version, c_version;
  std::string board;  ///< FPGA: which board, "aclbitt_s10mx_pcie0"; where no one says, its name
  int cuda_driver_version = -1;
  std::string nvrtc_version;
  std::int64_t memory_bytes = -1, memory_free_bytes = -1, max_allocation_bytes = -1;
  std::int64_t llc_bytes = -1;    ///< last-level cache
  std::int64_t local_bytes = -1;  ///< local (shared) memory a group
  int max_group_size = -1;
  int compute_units = -1, clock_max_mhz = -1;
  int cc_major = -1, cc_minor = -1, mem_clock_mhz = -1, mem_bus_bits = -1, compute_mode = -1;
  bool f64 = false;
  bool emulated = false;  ///< an emulator's or the CUDA double's card
  bool online_compiler = true;
  double resolution_ns = -1;  ///< of its event clock

  /// UUID, else host + PCI address, else host + platform + place in the platform's list.
  std::string identity() const;
};

enum class Memory { device, pinned };

/// Memory on the card, or page-locked host memory that the card can reach (Memory::pinned).
class Buffer {
 public:
  virtual ~Buffer() = default;
  virtual std::size_t bytes() const = 0;
  /// The host address of pinned memory; null for device memory.
  virtual std::byte* host() = 0;
};

/// A kernel of a loaded program.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual const std::string& entry() const = 0;
  /// SHA-256 of the machine code or program binary, "" where the runtime gives none.
  virtual const std::string& binary_sha256() const = 0;
};

/// A point in a queue: the start of what follows, the end of what went before.
class Event {
 public:
  virtual ~Event() = default;
};

/// Global and local sizes; group[0] == 0 leaves the group to the runtime (never for kernels that
/// state a BLOCK).
struct Grid {
  std::array<std::uint64_t, 3> global{1, 1, 1};
  std::array<std::uint64_t, 3> group{1, 1, 1};
};

/// One kernel argument: a buffer, or a number whose size is kept. Implicit on purpose.
class Arg {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  Arg(Buffer& buffer) : buffer_(&buffer) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Arg(Number number) : size_(sizeof(Number)) {
    static_assert(sizeof(Number) <= sizeof(bits_));
    std::memcpy(bits_.data(), &number, sizeof(Number));
  }
  // NOLINTEND(google-explicit-constructor)
  Buffer* buffer() const { return buffer_; }
  const void* data() const { return bits_.data(); }
  std::size_t size() const { return size_; }

 private:
  Buffer* buffer_ = nullptr;
  alignas(8) std::array<std::byte, 8> bits_{};
  std::size_t size_ = 0;
};

/// Commands in order. Everything but wait() may return before the work is done; host memory given
/// to write() and read() must live until wait().
class Queue {
 public:
  virtual ~Queue() = default;
  virtual void launch(Kernel& kernel, const Grid& grid, std::initializer_list<Arg> args) = 0;
  virtual void write(Buffer& to, std::span<const std::byte> from, std::size_t offset = 0) = 0;
  virtual void read(std::span<std::byte> to, Buffer& from, std::size_t offset = 0) = 0;
  virtual void copy(Buffer& to, Buffer& from, std::size_t bytes) = 0;
  /// Sets every byte of the range.
  virtual void fill(Buffer& to, std::uint8_t value, std::size_t offset, std::size_t bytes) = 0;
  virtual std::unique_ptr<Event> mark() = 0;
  /// After a mark: `commands` follow before the next one, so that only the first and the last need
  /// a stamp. A hint: more or fewer are right too, and cost what stamps cost.
  virtual void expect_commands(std::uint64_t commands) { static_cast<void>(commands); }
  /// Hands enqueued work to the card without waiting for it.
  virtual void flush() = 0;
  virtual void wait() = 0;
};

/// -D definitions of a kernel, in order; they are part of its hash.
using Defines = std::vector<std::pair<std::string, std::string>>;

/// How the host waits for the card (--wait).
enum class WaitMode { spin, yield, block };

class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceInfo& info() const = 0;
  virtual std::unique_ptr<Queue> queue() = 0;
  /// A queue whose marks give no time, for work that the host's clock times: an API may charge for
  /// stamps (an OpenCL round trip on an H100 took 18.7 us with them).
  virtual std::unique_ptr<Queue> untimed_queue() { return queue(); }
  /// Throws Error naming size and card when there is not enough memory.
  virtual std::unique_ptr<Buffer> allocate(std::size_t bytes, Memory memory) = 0;
  /// Compiles (or loads an image) and finds the entry; a build failure throws Error with the log.
  virtual std::unique_ptr<Kernel> load(const KernelSource& source, const std::string& entry,
                                       const Defines& defines) = 0;
  /// Device time in ns between two marks of one queue, both complete; 0 where the stamps are zero,
  /// equal or reversed (a bad timer).
  virtual std::int64_t elapsed_ns(const Event& start, const Event& end) = 0;
  /// QUEUED to START of the command that follows `start` (latency/dispatch), or 0 where the API
  /// has no such stamp.
  virtual std::int64_t dispatch_ns(const Event& start) = 0;
};

}  // namespace cardwise
