// SPDX-License-Identifier: Apache-2.0
// PTX and cubins: of any bytes the kernels are read, or an Error of one short line says what they are.
#include <algorithm>

#include "core/error.hpp"
#include "core/json.hpp"
#include "device/image_code.hpp"
#include "input.hpp"

namespace {

void is_short_line(const std::string& what) {
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  fuzz::promise(what.size() < 300, "the message is short");
  fuzz::promise(std::none_of(what.begin(), what.end(), control), "the message is one line");
  fuzz::promise(cardwise::is_utf8(what), "the message is UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::text_of(data, size);
  cardwise::Manifest about;
  about.architecture = "sm_90";
  cardwise::ImageKernel kernel;
  kernel.entry = "cw_counter";
  kernel.arguments.push_back({.name = "counter", .type = "buffer", .access = "", .bank = ""});
  about.kernels.push_back(kernel);
  for (const char* format : {"ptx", "cubin"}) {
    about.format = format;
    is_short_line(cardwise::unlike_code(about, std::as_bytes(std::span(bytes))));
  }
  cardwise::read_ptx(bytes);
  return 0;
}
