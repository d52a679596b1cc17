// SPDX-License-Identifier: Apache-2.0
// Loaded machine code and the kernels in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "device/cuda/context.hpp"
#include "device/device.hpp"

namespace cardwise {

/// A module in a card's context.
class Module {
 public:
  /// `bytes`: a cubin, or PTX with its final zero; `file` is for error texts. Throws Error with
  /// the driver's log.
  Module(std::shared_ptr<Context> context, const std::vector<std::byte>& bytes,
         const std::string& file);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Throws Error naming entry and file where the module has no such kernel.
  CUfunction function(const std::string& entry) const;
  const std::string& binary_sha256() const { return binary_sha256_; }

 private:
  std::shared_ptr<Context> context_;
  std::string file_;
  std::string binary_sha256_;
  CUmodule module_ = nullptr;
};

class CudaKernel final : public Kernel {
 public:
  CudaKernel(std::shared_ptr<Module> module, std::string entry)
      : module_(std::move(module)),
        entry_(std::move(entry)),
        function_(module_->function(entry_)) {}

  const std::string& entry() const override { return entry_; }
  const std::string& binary_sha256() const override { return module_->binary_sha256(); }
  CUfunction function() const { return function_; }

 private:
  std::shared_ptr<Module> module_;
  std::string entry_;
  CUfunction function_;
};

/// The kernel as one of ours; throws Error if another backend made it.
CudaKernel& cuda_kernel(Kernel& kernel);

}  // namespace cardwise
