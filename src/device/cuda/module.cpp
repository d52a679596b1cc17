// SPDX-License-Identifier: Apache-2.0
// Loaded machine code and the kernels in it.
#include "device/cuda/module.hpp"

#include <array>
#include <typeinfo>
#include <utility>

#include "core/sha256.hpp"

namespace cardwise {

Module::Module(std::shared_ptr<Context> context, const std::vector<std::byte>& bytes,
               const std::string& file)
    : context_(std::move(context)), file_(file), binary_sha256_(sha256_hex(bytes)) {
  std::array<char, 8192> log{};
  std::array<CUjit_option, 2> options{CU_JIT_ERROR_LOG_BUFFER,
                                      CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the driver takes numbers as pointers
  std::array<void*, 2> values{log.data(), reinterpret_cast<void*>(log.size())};
  const CUresult code = context_->driver().module_load_data(
      &module_, bytes.data(), static_cast<unsigned>(options.size()), options.data(),
      values.data());
  if (code == CUDA_SUCCESS) return;
  log.back() = '\0';
  const std::string said = log.front() == '\0' ? "" : "\n" + std::string(log.data());
  throw Error("load " + file_ + " on " + context_->card() + ": " +
                  context_->driver().error_name(code) + said,
              loses_device(code));
}

Module::~Module() {
  const Driver& api = context_->driver();
  try {
    context_->enter();
  } catch (const Error& error) {
    context_->complain_about(CUDA_ERROR_INVALID_CONTEXT, error.what());
    return;
  }
  context_->complain_about(api.module_unload(module_), "cuModuleUnload");
}

CUfunction Module::function(const std::string& entry) const {
  CUfunction function = nullptr;
  const CUresult code = context_->driver().module_get_function(&function, module_, entry.c_str());
  if (code == CUDA_ERROR_NOT_FOUND) throw Error("no kernel " + entry + " in " + file_);
  context_->check_named(code, "cuModuleGetFunction", entry + " of " + file_);
  return function;
}

CudaKernel& cuda_kernel(Kernel& kernel) {
  if (typeid(kernel) != typeid(CudaKernel)) throw Error("a kernel that CUDA did not load");
  return static_cast<CudaKernel&>(kernel);
}

}  // namespace cardwise
