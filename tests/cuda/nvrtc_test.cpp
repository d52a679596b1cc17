// SPDX-License-Identifier: Apache-2.0
// NVRTC: the choice of the architecture, and the real compiler where it is installed.
#include "device/cuda/nvrtc.hpp"

#include <cstdlib>
#include <cstring>

#include "cuda_test.hpp"

namespace cardwise::cuda_tests {
namespace {

TEST(Nvrtc, TakesTheCardsOwnArchitectureIfItKnowsIt) {
  EXPECT_EQ(Nvrtc::architecture({75, 80, 90, 120}, 8, 0), "sm_80");
  EXPECT_EQ(Nvrtc::architecture({75, 80, 90, 120}, 12, 0), "sm_120");
}

TEST(Nvrtc, TakesTheNewestOlderArchitectureForACardItDoesNotKnow) {
  EXPECT_EQ(Nvrtc::architecture({75, 80, 90}, 12, 0), "compute_90");
  EXPECT_EQ(Nvrtc::architecture({75, 80, 90}, 8, 9), "compute_80");
}

TEST(Nvrtc, TakesNoneForACardOlderThanAllItKnows) {
  EXPECT_EQ(Nvrtc::architecture({75, 80, 90}, 7, 0), "");
}

// The compiler of a toolkit or wheel, beside the double that the other tests use.
class RealNvrtc : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* replaced = std::getenv("CARDWISE_NVRTC_LIBRARY");
    const std::string kept = replaced != nullptr ? replaced : "";
    unsetenv("CARDWISE_NVRTC_LIBRARY");
    try {
      real = std::make_unique<Nvrtc>();
    } catch (const Error& error) {
      why = error.what();
    }
    if (!kept.empty()) setenv("CARDWISE_NVRTC_LIBRARY", kept.c_str(), 1);
    const char* required = std::getenv("CARDWISE_REQUIRE");
    if (real != nullptr) return;
    if (required != nullptr && contains(required, "nvrtc")) FAIL() << why;
    GTEST_SKIP() << "no NVRTC: " << why;
  }
  std::unique_ptr<Nvrtc> real;
  std::string why;
};

TEST_F(RealNvrtc, MakesMachineCode) {
  const Defines defines{{"REAL", "double"}, {"GROUP", "256"}, {"TAIL", "0"}};
  const MachineCode code = real->compile(portable_kernel("saxpy").text, "saxpy.cl", defines, 9, 0);

  EXPECT_FALSE(code.ptx);
  ASSERT_GT(code.bytes.size(), 1000u);
  EXPECT_EQ(std::memcmp(code.bytes.data(), "\177ELF", 4), 0);
}

TEST_F(RealNvrtc, MakesPtxForACardOfTheFuture) {
  const MachineCode code = real->compile(portable_kernel("saxpy").text, "saxpy.cl",
                                         {{"GROUP", "256"}, {"TAIL", "0"}}, 99, 0);

  EXPECT_TRUE(code.ptx);
  const std::string text(reinterpret_cast<const char*>(code.bytes.data()), code.bytes.size());
  EXPECT_TRUE(contains(text, ".entry cw_saxpy"));
  EXPECT_EQ(text.back(), '\0');
}

TEST_F(RealNvrtc, SaysWhereTheErrorIs) {
  const Error error = error_of([&] {
    real->compile(source_of("\n\nKERNEL void cw_test() { wrong; }").text, "test.cl", {}, 9, 0);
  });

  EXPECT_TRUE(contains(error.what(), "compile test.cl for sm_90: NVRTC_ERROR_COMPILATION\n"))
      << error.what();
  EXPECT_TRUE(contains(error.what(), "test.cl(3)")) << error.what();
  EXPECT_TRUE(contains(error.what(), "wrong")) << error.what();
}

}  // namespace
}  // namespace cardwise::cuda_tests
