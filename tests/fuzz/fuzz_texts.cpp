// SPDX-License-Identifier: Apache-2.0
// Text of drivers, users and files on its way to the console: harmless, no wider than asked.
#include <algorithm>
#include <span>

#include "core/json.hpp"
#include "core/size_text.hpp"
#include "core/text.hpp"
#include "device/cards.hpp"
#include "input.hpp"
#include "results/case_name.hpp"
#include "results/text_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cardwise;
  const std::string text = fuzz::text_of(data, size);
  const std::string line = one_line(text);
  fuzz::promise(std::none_of(line.begin(), line.end(),
                             [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
                "one_line leaves no control character");
  for (const std::size_t width : {0, 1, 7, 80})
    fuzz::promise(display_width(truncate(text, width)) <= width, "truncate keeps to the width");
  fuzz::promise(display_width(pad_left(line, 40)) >= 40 && display_width(pad_right(line, 40)) >= 40,
                "padding fills the width");
  wrapped(text, 20, 2);
  case_name(text);
  fuzz::promise(normal_pci(normal_pci(text)) == normal_pci(text), "normal_pci is idempotent");
  if (const auto bytes = parse_size(text)) size_text(double(*bytes));
  const std::vector<std::string> parts = split(text, ',');
  closest(text.substr(0, 64), std::span(parts).first(std::min<std::size_t>(parts.size(), 8)));
  fuzz::promise(json_string(text).find('\n') == std::string::npos, "json_string is one line");
  return 0;
}
