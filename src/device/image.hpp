// SPDX-License-Identifier: Apache-2.0
// A prebuilt image with its manifest: read and checked before any runtime sees its bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/board.hpp"
#include "core/manifest.hpp"
#include "device/kernel_source.hpp"

namespace cardwise {

struct Image {
  std::string path;      ///< as the user named it
  std::string manifest;  ///< the text
  Manifest about;
  std::shared_ptr<const ImageCode> code;
  std::vector<Bank> banks;  ///< of the board
  Bank bank;  ///< that all buffers lie in; of interleaved memory and GPUs: no name, no flags

  /// What its cases are called: the board's name, of GPU code the language's.
  const std::string& variant() const;
  /// Whether a card of that API can be given it.
  bool fits(const DeviceInfo& info) const;
  /// A program for a card that compiles nothing itself: every kernel comes from it.
  bool whole_card() const { return !about.board.empty(); }
  /// Whether any kernel is `name` for elements of `dtype`.
  bool offers(std::string_view name, std::string_view dtype) const;
  /// How often it holds the same kernel, each copy at a memory bank of its own (FPGA).
  int replications() const;
  /// Kernel `name` as built for these defines, ready to load, with the entry; of several copies
  /// number `replica`. Throws Skip that says what the image has instead.
  std::pair<KernelSource, std::string> kernel(const std::string& name, const std::string& dtype,
                                              const Defines& defines, int replica = 0) const;
  /// One of about.kernels, ready to load.
  KernelSource source_of(const ImageKernel& kernel) const;
};

/// Reads FILE and FILE.json; checks format, size and SHA-256. Throws UsageError naming the file and
/// what to do. Does not follow a path out of the folder.
Image read_image(const std::string& path);

/// For the broadcast: rank 0 reads and checks, the others take its word.
std::string pack_image(const Image& image);
Image unpack_image(std::string_view bytes);

/// Throws UsageError where a card can not run it: another board, an older GPU.
void check_fits(const Image& image, const DeviceInfo& info);

}  // namespace cardwise
