// SPDX-License-Identifier: Apache-2.0
// Runs the CUDA tests on the double; with CARDWISE_CUDA_REAL=1 on the machine's own card.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cuda_test.hpp"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (std::getenv("CARDWISE_CUDA_REAL") == nullptr) {
    setenv("CARDWISE_CUDA_LIBRARY", CUDA_DOUBLE, 1);
    setenv("CARDWISE_NVRTC_LIBRARY", NVRTC_DOUBLE, 1);
    setenv("CARDWISE_CUDA_DOUBLE_DEVICES", "2", 1);
    unsetenv("CARDWISE_CUDA_DOUBLE");
    unsetenv("CUDA_VISIBLE_DEVICES");
  }
  const cardwise::Found found = cardwise::list_cuda();
  if (found.devices.empty()) {
    std::fprintf(stderr, "SKIPPED: no CUDA card: %s\n", found.why_none.c_str());
    const char* required = std::getenv("CARDWISE_REQUIRE");
    const std::string must = required != nullptr ? required : "";
    return must.find("cuda") != std::string::npos ? 1 : 77;
  }
  return RUN_ALL_TESTS();
}
