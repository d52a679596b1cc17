// SPDX-License-Identifier: Apache-2.0
// Manifests of images: any bytes are a manifest or a UsageError of one short line.
#include <algorithm>

#include "core/error.hpp"
#include "core/json.hpp"
#include "core/manifest.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const cardwise::Manifest m = cardwise::parse_manifest(fuzz::text_of(data, size), "k.json");
    fuzz::promise(m.file.find_first_of("/\\") == std::string::npos && m.file[0] != '.',
                  "the image lies beside its manifest");
    fuzz::promise(m.sha256.size() == 64 && m.bytes > 0, "hash and size are there");
    fuzz::promise(!m.kernels.empty(), "an image has kernels");
    fuzz::promise(m.board.find_first_of("/?&= ") == std::string::npos,
                  "a case key takes the board");
    for (const cardwise::ImageKernel& kernel : m.kernels)
      fuzz::promise(kernel.width >= 1 && kernel.width <= 64, "widths are in their range");
  } catch (const cardwise::UsageError& error) {
    const std::string what = error.what();
    fuzz::promise(what.starts_with("manifest k.json") && what.size() < 300, "the message is short");
    const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    fuzz::promise(std::none_of(what.begin(), what.end(), control), "the message is one line");
    fuzz::promise(cardwise::is_utf8(what), "the message is UTF-8");
  }
  return 0;
}
