// SPDX-License-Identifier: Apache-2.0
// Runs cw_planted of the file named on the command line: work for Oclgrind, whose log is judged.
#include <fmt/core.h>

#include "card.hpp"

int main(int argc, char** argv) {
  using namespace cardwise::kernel_tests;
  try {
    const std::unique_ptr<Card> card = Card::first();
    if (argc != 2 || card == nullptr) {
      fmt::print(stderr, "usage: planted_run FILE.cl, with an OpenCL device\n");
      return 2;
    }
    constexpr std::size_t n = 40;  // two groups of 32, the second not full
    auto out = card->array(std::vector<std::uint32_t>(n, 0));
    card->launch_file(argv[1], "cw_planted", {{"GROUP", "32"}}, {64}, {32}, std::uint64_t{n}, out);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "planted_run: {}\n", error.what());
    return 1;
  }
}
