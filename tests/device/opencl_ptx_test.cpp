// SPDX-License-Identifier: Apache-2.0
// PTX for NVIDIA's OpenCL: addresses are declared ones of global memory, numbers stay, and so does
// all else.
#include "device/opencl/opencl_ptx.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "core/manifest.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Every line without spaces around it, from and after the rewriting.
std::vector<std::string> lines(const std::string& text) { return split(text, '\n'); }

/// As NVRTC 13.0 writes a kernel of (n, a, x, y).
const char* const nvrtc = R"(.version 9.0
.target sm_80
.address_size 64
.visible .entry cw_saxpy(
	.param .u64 cw_saxpy_param_0,
	.param .f32 cw_saxpy_param_1,
	.param .u64 cw_saxpy_param_2,
	.param .u64 cw_saxpy_param_3
)
.maxntid 256, 1, 1
{
	.reg .b64 	%rd<12>;
	ld.param.u64 	%rd2, [cw_saxpy_param_0];
	ld.param.f32 	%f1, [cw_saxpy_param_1];
	ld.param.u64 	%rd3, [cw_saxpy_param_2];
	ld.param.u64 	%rd4, [cw_saxpy_param_3];
	cvta.to.global.u64 	%rd6, %rd4;
	cvta.to.global.u64 	%rd5, %rd3;
	ret;
}
)";

TEST(PtxForOpencl, NvrtcsAddressesAreDeclared) {
  const std::vector<std::string> before = lines(nvrtc), after = lines(ptx_for_opencl(nvrtc));

  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::string& was = before[i];
    if (was == ".param .u64 cw_saxpy_param_2,")
      EXPECT_EQ(after[i], ".param .u64 .ptr .global .align 4 cw_saxpy_param_2,");
    else if (was == ".param .u64 cw_saxpy_param_3")
      EXPECT_EQ(after[i], ".param .u64 .ptr .global .align 4 cw_saxpy_param_3");
    else
      EXPECT_EQ(after[i], was);
  }
}

TEST(PtxForOpencl, TheCommittedImageHasOneAddressABuffer) {
  const std::string folder = RUST_KERNELS, text = contents(folder + "/kernels.ptx");
  const Manifest about = parse_manifest(contents(folder + "/kernels.ptx.json"), "kernels.ptx.json");
  const std::string made = ptx_for_opencl(text);

  const std::vector<std::string> before = lines(text), after = lines(made);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!before[i].starts_with(".param")) {
      ASSERT_EQ(after[i], before[i]) << "line " << i + 1;
    }
    ASSERT_EQ(after[i].find(".ptr .align"), std::string::npos) << after[i];
  }
  for (const ImageKernel& kernel : about.kernels) {
    for (std::size_t i = 0; i < kernel.arguments.size(); ++i) {
      const std::string& type = kernel.arguments[i].type;
      const std::string declared = type == "buffer" ? ".u64 .ptr .global .align 4"
                                   : type == "u64"  ? ".u64"
                                                    : "." + type;
      const std::string name = kernel.entry + "_param_" + std::to_string(i);
      const std::string from_b = type[0] == 'f' ? ".b" + type.substr(1) : declared;
      const bool found = made.find(".param " + declared + " " + name) != std::string::npos ||
                         made.find(".param " + from_b + " " + name) != std::string::npos;
      EXPECT_TRUE(found) << name << " is to be declared " << declared;
    }
  }
}

TEST(PtxForOpencl, TwiceIsOnce) {
  for (const std::string& text : {std::string(nvrtc), contents(RUST_KERNELS "/kernels.ptx")}) {
    const std::string once = ptx_for_opencl(text);
    EXPECT_NE(once, text);
    EXPECT_EQ(ptx_for_opencl(once), once);
  }
}

TEST(PtxForOpencl, DeclaredAddressesBecomeGlobalOnes) {
  for (const char* declared :
       {".param .u64 .ptr .align 1 p,", ".param .b64 .ptr p,", ".param .u64 .ptr .global p,",
        ".param .u64 .ptr .global .align 16 p,"})
    EXPECT_EQ(ptx_for_opencl(declared), ".param .u64 .ptr .global .align 4 p,") << declared;
  for (const char* other :
       {".param .u64 .ptr .shared .align 4 p,", ".param .u64 .ptr .const p,", ".param .u64 p,",
        ".param .b64 param0;", ".param .f32 p", ".param .align 8 .b8 p[16]"})
    EXPECT_EQ(ptx_for_opencl(other), other);
}

/// Registers are numbered anew in each kernel: %rd1 of one is no address of another.
TEST(PtxForOpencl, KernelsDoNotShareRegisters) {
  const std::string text =
      ".entry a(\n.param .u64 a_0\n)\n{\nld.param.u64 %rd1, [a_0];\nret;\n}\n"
      ".entry b(\n.param .u64 b_0\n)\n{\ncvta.to.global.u64 %rd2, %rd1;\nret;\n}\n";

  EXPECT_EQ(ptx_for_opencl(text), text);
}

TEST(PtxForOpencl, TheLastLineIsKept) {
  for (const char* text : {"", "\n", "x", "x\n", "\n\n", "ret;\n}", "}\n\n"})
    EXPECT_EQ(ptx_for_opencl(text), text);
  std::string cut = nvrtc;
  cut.pop_back();
  EXPECT_EQ(ptx_for_opencl(cut) + "\n", ptx_for_opencl(nvrtc));
}

}  // namespace
}  // namespace cardwise
