// SPDX-License-Identifier: Apache-2.0
// The CUDA backend of a program that was built without cuda.h and nvrtc.h: it finds nothing.
#include "device/cuda/cuda_backend.hpp"

namespace cardwise {

Found list_cuda() { return {.devices = {}, .why_none = "built without the CUDA headers"}; }

std::unique_ptr<Device> open_cuda(const DeviceInfo& info, WaitMode) {
  throw Error("cannot open " + info.name + " through CUDA: built without the CUDA headers");
}

std::string cuda_version() { return ""; }

std::shared_ptr<const ImageCode> compile_ptx(const KernelSource& source, const Defines&,
                                             const DeviceInfo&) {
  throw Error("compile " + source.file + " to PTX: built without the CUDA headers");
}

}  // namespace cardwise
