// SPDX-License-Identifier: Apache-2.0
// Runs the tests of the FPGA kernels: fpga_test PLATFORM TEXT REPLICATIONS WORD [gtest's options]
// PLATFORM is a part of the platform's name. Without it the test is skipped (77), or fails where
// CARDWISE_REQUIRE contains WORD.
#include <fmt/core.h>

#include <cstdlib>

#include "fpga_test.hpp"

namespace cardwise::fpga_tests {
std::unique_ptr<FpgaCard> the_card;
}  // namespace cardwise::fpga_tests

int main(int argc, char** argv) {
  using namespace cardwise::fpga_tests;
  testing::InitGoogleTest(&argc, argv);
  if (argc != 5) {
    fmt::print(stderr, "usage: fpga_test PLATFORM TEXT REPLICATIONS WORD\n");
    return 2;
  }
  try {
    the_card = FpgaCard::open({argv[1], argv[2], std::atoi(argv[3])});
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
  if (the_card == nullptr) {
    fmt::print("SKIPPED: no device of a platform '{}'\n", argv[1]);
    return cardwise::kernel_tests::required(argv[4]) ? 1 : 77;
  }
  fmt::print("built in {:.2f} s\n", the_card->build_s());
  const int result = RUN_ALL_TESTS();
  the_card.reset();  // before the OpenCL library's own clean-up
  return result;
}
