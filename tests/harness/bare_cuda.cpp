// SPDX-License-Identifier: Apache-2.0
// A plain program of the CUDA driver API.
#include "core/error.hpp"
#include "device/cuda/driver.hpp"
#include "device/cuda/nvrtc.hpp"
#include "way.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

void must(CUresult code) {
  if (code != CUDA_SUCCESS) fail(code, "bare CUDA");
}

class BareWay : public Way {
 public:
  BareWay(const DeviceInfo& info, const Work& work) : work_(work) {
    must(cuda_.device_get(&device_, info.index));
    must(cuda_.device_primary_ctx_set_flags(device_, CU_CTX_SCHED_SPIN));
    must(cuda_.device_primary_ctx_retain(&context_, device_));
    must(cuda_.ctx_set_current(context_));
    must(cuda_.stream_create(&stream_, CU_STREAM_NON_BLOCKING));
    for (CUevent* event : {&first_, &last_}) must(cuda_.event_create(event, CU_EVENT_DEFAULT));
    triad_ = build(info, work.triad, "cw_triad", modules_[0]);
    empty_ = build(info, work.empty, "cw_empty", modules_[1]);
    for (CUdeviceptr& buffer : buffers_) {
      must(cuda_.mem_alloc(&buffer, work.n * 8));
      must(cuda_.memset_bytes(buffer, 0, work.n * 8, stream_));
    }
    must(cuda_.stream_synchronize(stream_));
  }

  BareWay(const BareWay&) = delete;
  BareWay& operator=(const BareWay&) = delete;
  ~BareWay() override {
    for (const CUdeviceptr buffer : buffers_) cuda_.mem_free(buffer);
    for (const CUmodule module : modules_) cuda_.module_unload(module);
    for (const CUevent event : {first_, last_}) cuda_.event_destroy(event);
    cuda_.stream_destroy(stream_);
    cuda_.device_primary_ctx_release(device_);
  }

  Window triad(std::uint64_t launches) override {
    unsigned long long n = work_.n;
    double scalar = 3;
    void* args[] = {&n, &scalar, &buffers_[0], &buffers_[1], &buffers_[2]};
    const Clock::time_point start = Clock::now();
    must(cuda_.event_record(first_, stream_));
    for (std::uint64_t i = 0; i < launches; ++i) launch(triad_, work_.grid, args);
    must(cuda_.event_record(last_, stream_));
    must(cuda_.stream_synchronize(stream_));
    const double host = ns_since(start);
    float ms = 0;
    must(cuda_.event_elapsed_time(&ms, first_, last_));
    return {double(ms) * 1e6, host};
  }

  double round_trip(std::uint64_t trips) override {
    const Grid one{{1, 1, 1}, {1, 1, 1}};
    void* args[] = {&buffers_[0]};
    const Clock::time_point start = Clock::now();
    for (std::uint64_t i = 0; i < trips; ++i) {
      launch(empty_, one, args);
      must(cuda_.stream_synchronize(stream_));
    }
    return ns_since(start) / double(trips);
  }

 private:
  void launch(CUfunction kernel, const Grid& grid, void** args) {
    must(cuda_.launch_kernel(kernel, unsigned(grid.global[0] / grid.group[0]), 1, 1,
                             unsigned(grid.group[0]), 1, 1, 0, stream_, args, nullptr));
  }

  CUfunction build(const DeviceInfo& info, const KernelSource& source, const char* entry,
                   CUmodule& module) {
    const MachineCode code =
        nvrtc().compile(source.text, source.file, work_.defines, info.cc_major, info.cc_minor);
    must(cuda_.module_load_data(&module, code.bytes.data(), 0, nullptr, nullptr));
    CUfunction kernel = nullptr;
    must(cuda_.module_get_function(&kernel, module, entry));
    return kernel;
  }

  const Work& work_;
  const Driver& cuda_ = driver();
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  CUstream stream_ = nullptr;
  CUevent first_ = nullptr, last_ = nullptr;
  CUmodule modules_[2] = {};
  CUfunction triad_ = nullptr, empty_ = nullptr;
  CUdeviceptr buffers_[3] = {};
};

}  // namespace

std::unique_ptr<Way> bare_cuda(const DeviceInfo& info, const Work& work) {
  return std::make_unique<BareWay>(info, work);
}

}  // namespace cardwise
