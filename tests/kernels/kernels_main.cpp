// SPDX-License-Identifier: Apache-2.0
// Opens the card that all tests of kernels use, or says that there is none.
#include <fmt/core.h>

#include "kernels_test.hpp"

namespace cardwise::kernel_tests {
std::unique_ptr<Card> the_card;
}  // namespace cardwise::kernel_tests

int main(int argc, char** argv) {
  using namespace cardwise::kernel_tests;
  testing::InitGoogleTest(&argc, argv);
  the_card = Card::first();
  if (the_card == nullptr) {
    fmt::print("SKIPPED: no OpenCL device (pocl-opencl-icd is missing?)\n");
    return required("opencl") ? 1 : 77;
  }
  const int result = RUN_ALL_TESTS();
  the_card.reset();  // before the OpenCL library's own clean-up
  return result;
}
