// SPDX-License-Identifier: Apache-2.0
// The OpenCL backend's Device, Buffer and Kernel.
#pragma once

#include <map>
#include <mutex>

#include "core/page_bytes.hpp"
#include "device/kernel_source.hpp"
#include "device/opencl/cl.hpp"

namespace cardwise {

class ClBuffer : public Buffer {
 public:
  ClBuffer(cl::Buffer memory, std::size_t bytes, cl::CommandQueue mapped_by, std::byte* host)
      : memory_(std::move(memory)), bytes_(bytes), mapped_by_(std::move(mapped_by)), host_(host) {}
  /// Host memory alone, of a runtime that pins none.
  explicit ClBuffer(PageBytes own)
      : bytes_(own.size()), host_(own.data()), own_(std::move(own)) {}
  ~ClBuffer() override;
  ClBuffer(const ClBuffer&) = delete;
  ClBuffer& operator=(const ClBuffer&) = delete;
  std::size_t bytes() const override { return bytes_; }
  std::byte* host() override { return host_; }
  const cl::Buffer& memory() const { return memory_; }
  /// Of this buffer alone in the process: a handle can come back after a release.
  std::uint64_t id() const { return id_; }

 private:
  static std::uint64_t next_id();

  cl::Buffer memory_;
  std::uint64_t id_ = next_id();
  std::size_t bytes_;
  cl::CommandQueue mapped_by_;
  std::byte* host_;  ///< pinned memory stays mapped as long as it lives
  PageBytes own_;
};

class ClKernel : public Kernel {
 public:
  ClKernel(cl::Kernel kernel, std::string entry, std::string sha256, bool single_work_item)
      : kernel_(std::move(kernel)),
        entry_(std::move(entry)),
        binary_sha256_(std::move(sha256)),
        single_work_item_(single_work_item) {}
  const std::string& entry() const override { return entry_; }
  const std::string& binary_sha256() const override { return binary_sha256_; }
  cl::Kernel& kernel() { return kernel_; }
  /// Whatever range it is launched over (kernels of FPGA images).
  bool single_work_item() const { return single_work_item_; }
  /// clSetKernelArg's answer; no call where the kernel holds that argument already, as a plain
  /// program sets its arguments once before the loop (an argument costs 0.1 to 0.2 us a launch).
  cl_int set(cl_uint index, const Arg& arg);

 private:
  /// An argument as it was set last: a buffer's id, or a number's bits.
  struct Held {
    std::uint64_t value = 0;
    std::size_t size = 0;  ///< of a number; 0: a buffer, or nothing yet
    bool operator==(const Held&) const = default;
  };

  cl::Kernel kernel_;
  std::string entry_, binary_sha256_;
  bool single_work_item_;
  std::vector<Held> held_;
};

class ClDevice : public Device {
 public:
  ClDevice(DeviceInfo info, const cl::Platform& platform, cl::Device device, WaitMode wait);
  const DeviceInfo& info() const override { return info_; }
  std::unique_ptr<Queue> queue() override;
  std::unique_ptr<Queue> untimed_queue() override;
  std::unique_ptr<Buffer> allocate(std::size_t bytes, Memory memory) override;
  std::unique_ptr<Kernel> load(const KernelSource& source, const std::string& entry,
                               const Defines& defines) override;
  std::int64_t elapsed_ns(const Event& start, const Event& end) override;
  std::int64_t dispatch_ns(const Event& start) override;

  const cl::Context& context() const { return context_; }
  const cl::Device& device() const { return device_; }
  WaitMode wait_mode() const { return wait_; }
  /// Whether the functions of OpenCL 1.2 are there: Intel's FPGA cards have 1.0.
  bool knows_1_2() const { return knows_1_2_; }
  /// "NVIDIA H100 80GB HBM3 (OpenCL)", for messages.
  std::string label() const { return info_.name + " (OpenCL)"; }
  /// What the runtime told the context's callback since the last call.
  std::string callback_text();

 private:
  struct Program {
    cl::Program program;
    std::string sha256;
  };
  Program build(const KernelSource& source, const Defines& defines);
  void lies_in_bank(const KernelSource& source, const cl::Kernel& kernel);
  static void CL_CALLBACK notify(const char* text, const void*, std::size_t, void* self);

  DeviceInfo info_;
  cl::Device device_;
  WaitMode wait_;
  std::mutex callback_mutex_;
  std::string callback_text_;
  cl::Context context_;
  cl::CommandQueue mapping_queue_;
  std::map<std::string, Program> programs_;  ///< by KernelSource::program_key
  bool knows_1_2_ = true;
  /// What makes a buffer lie in a bank: the flags, and a kernel whose argument it becomes.
  struct InBank {
    cl_mem_flags flags = 0;
    cl::Kernel kernel;
    cl_uint argument = 0;
  };
  std::map<std::string, InBank> banks_;
  InBank* bank_ = nullptr;  ///< of the kernel that was loaded last; null: nothing is to be said
};

std::unique_ptr<Queue> make_cl_queue(ClDevice& device, bool timed);
std::int64_t cl_elapsed_ns(const Event& start, const Event& end);
std::int64_t cl_dispatch_ns(const Event& start);

}  // namespace cardwise
