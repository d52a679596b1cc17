// SPDX-License-Identifier: Apache-2.0
// One card through the CUDA driver API.
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "core/sha256.hpp"
#include "device/cuda/context.hpp"
#include "device/cuda/cuda_backend.hpp"
#include "device/cuda/memory.hpp"
#include "device/cuda/module.hpp"
#include "device/cuda/nvrtc.hpp"
#include "device/cuda/queue.hpp"
#include "device/kernel_source.hpp"

namespace cardwise {
namespace {

// Measurements of cold compilation change this define each time; what they make is not kept.
bool is_cold(const Defines& defines) {
  return std::any_of(defines.begin(), defines.end(),
                     [](const auto& define) { return define.first.starts_with("CARDWISE_COLD"); });
}

std::vector<std::byte> image_bytes(const ImageCode& image) {
  std::vector<std::byte> bytes = image.bytes;
  // The driver is told no size: it reads what does not begin as machine code as a string, whatever
  // the manifest calls it.
  bytes.push_back(std::byte{0});
  return bytes;
}

class CudaDevice final : public Device {
 public:
  CudaDevice(DeviceInfo info, std::shared_ptr<Context> context)
      : info_(std::move(info)), context_(std::move(context)) {
    std::size_t free_bytes = 0;
    std::size_t total = 0;
    context_->check(context_->driver().mem_get_info(&free_bytes, &total), "cuMemGetInfo");
    info_.memory_free_bytes = static_cast<std::int64_t>(free_bytes);
  }

  const DeviceInfo& info() const override { return info_; }

  std::unique_ptr<Queue> queue() override {
    context_->enter();
    return std::make_unique<CudaQueue>(context_);
  }

  std::unique_ptr<Buffer> allocate(std::size_t bytes, Memory memory) override {
    context_->enter();
    return std::make_unique<CudaBuffer>(context_, bytes, memory);
  }

  std::unique_ptr<Kernel> load(const KernelSource& source, const std::string& entry,
                               const Defines& defines) override {
    context_->enter();
    return std::make_unique<CudaKernel>(module(source, defines), entry);
  }

  std::int64_t elapsed_ns(const Event& start, const Event& end) override {
    context_->enter_fast();
    return cuda_elapsed_ns(*context_, start, end);
  }

  // CUDA has no stamp for the moment a command was queued.
  std::int64_t dispatch_ns(const Event&) override { return -1; }

 private:
  std::shared_ptr<Module> module(const KernelSource& source, const Defines& defines) {
    const ImageCode* image = source.image.get();
    const std::string key = source.program_key(defines);
    if (const auto found = modules_.find(key); found != modules_.end()) return found->second;
    const std::vector<std::byte> bytes =
        image != nullptr
            ? image_bytes(*image)
            : nvrtc()
                    .compile(source.text, source.file, defines, info_.cc_major, info_.cc_minor)
                    .bytes;
    auto loaded = std::make_shared<Module>(context_, bytes, source.file);
    if (!is_cold(defines)) modules_.emplace(key, loaded);
    return loaded;
  }

  DeviceInfo info_;
  std::shared_ptr<Context> context_;
  std::map<std::string, std::shared_ptr<Module>> modules_;
};

}  // namespace

std::shared_ptr<const ImageCode> compile_ptx(const KernelSource& source, const Defines& defines,
                                             const DeviceInfo& info) {
  MachineCode made = nvrtc().compile_ptx(source.text, source.file, defines, info.cc_major,
                                         info.cc_minor);
  // NVRTC counts the final zero of the text; an image has none.
  if (!made.bytes.empty() && made.bytes.back() == std::byte{0}) made.bytes.pop_back();
  const std::string hash = sha256_hex(std::span<const std::byte>(made.bytes));
  return std::make_shared<const ImageCode>(
      ImageCode{.bytes = std::move(made.bytes), .format = "ptx", .sha256 = hash});
}

std::unique_ptr<Device> open_cuda(const DeviceInfo& info, WaitMode wait) {
  const Found now = list_cuda();
  const auto place = std::find_if(now.devices.begin(), now.devices.end(),
                                  [&](const DeviceInfo& d) { return d.index == info.index; });
  if (place == now.devices.end()) {
    throw Error("open CUDA device " + std::to_string(info.index) + ": " +
                (now.why_none.empty() ? std::to_string(now.devices.size()) + " are visible"
                                      : now.why_none));
  }
  // A UUID that several devices share has been dropped: their addresses tell them apart.
  const bool same =
      info.uuid.empty() ? place->pci_bus_id == info.pci_bus_id : place->uuid == info.uuid;
  if (!same) {
    throw Error("open CUDA device " + std::to_string(info.index) + ": it is " + place->uuid +
                " at " + place->pci_bus_id + ", not " + info.uuid + " at " + info.pci_bus_id);
  }
  CUdevice device = 0;
  const std::string card = place->name + " (" + place->uuid + ")";
  if (const CUresult code = driver().device_get(&device, info.index); code != CUDA_SUCCESS) {
    fail(code, "cuDeviceGet of " + card);
  }
  return std::make_unique<CudaDevice>(*place, std::make_shared<Context>(device, card, wait));
}

}  // namespace cardwise
