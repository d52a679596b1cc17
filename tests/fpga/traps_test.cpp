// SPDX-License-Identifier: Apache-2.0
// What the boards' files and docs/fpga.md say of the runtimes, tried on the one at hand.
#include "fpga_test.hpp"

namespace cardwise::fpga_tests {
namespace {

cl_int status_of_start(const cl::Kernel& kernel, const std::size_t* offset) {
  const std::size_t one = 1;
  return clEnqueueNDRangeKernel(the_card->queue()(), kernel(), 1, offset, &one, &one, 0, nullptr,
                                nullptr);
}

cl_int status_of_buffer(cl_mem_flags flags) {
  cl_int status = CL_SUCCESS;
  const cl_mem memory =
      clCreateBuffer(the_card->context()(), CL_MEM_READ_WRITE | flags, 4096, nullptr, &status);
  if (memory != nullptr) clReleaseMemObject(memory);
  return status;
}

bool builds(const std::string& text, const std::string& options = "") {
  try {
    the_card->build(text, options);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

/// Because of uses_global_work_offset(0); a range of one without an offset is as good as a task.
TEST(Traps, APointerToAnOffsetIsRefusedEvenToNought) {
  const std::size_t nought = 0, one = 1;
  cl::Kernel kernel = the_card->kernel(entries("counter", "u64").front());
  auto counter = the_card->array(std::vector<std::uint64_t>{0});
  kernel.setArg(0, counter.buffer());

  EXPECT_EQ(status_of_start(kernel, nullptr), CL_SUCCESS);
  the_card->queue().finish();
  EXPECT_EQ(counter.read(), std::vector<std::uint64_t>{1});
  if (the_card->runtime() != Runtime::emulator) GTEST_SKIP() << "plain OpenCL C takes any offset";
  EXPECT_EQ(status_of_start(kernel, &nought), CL_INVALID_GLOBAL_OFFSET);
  EXPECT_EQ(status_of_start(kernel, &one), CL_INVALID_GLOBAL_OFFSET);
}

/// max_global_work_dim(0) is enforced by no runtime: the caller must start one work-item.
TEST(Traps, ARangeOfFourIsTakenAllTheSame) {
  if (the_card->slow()) GTEST_SKIP() << "four tasks race, as Oclgrind would say";
  const std::size_t four = 4;
  cl::Kernel fill = the_card->kernel(entries("fill", "f32").front());
  auto out = the_card->array(std::vector<float>(8, 1));
  fill.setArg(0, std::uint64_t{8});
  fill.setArg(1, 2.0f);
  fill.setArg(2, out.buffer());

  EXPECT_EQ(clEnqueueNDRangeKernel(the_card->queue()(), fill(), 1, nullptr, &four, nullptr, 0,
                                   nullptr, nullptr),
            CL_SUCCESS);

  EXPECT_EQ(out.read(), std::vector<float>(8, 2));
}

/// alignment.sub_buffer_bytes of boards/emulator.json.
TEST(Traps, SubBuffersBeginAtMultiplesOf128Bytes) {
  if (the_card->slow()) GTEST_SKIP() << "Oclgrind takes any origin";
  auto whole = the_card->array(std::vector<float>(256, 1));
  const auto part = [&](std::size_t origin) {
    const cl_buffer_region region{origin, 128};
    cl_int status = CL_SUCCESS;
    cl::Buffer whole_buffer = whole.buffer();
    const cl::Buffer made = whole_buffer.createSubBuffer(
        CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &status);
    cl::Kernel fill = the_card->kernel(entries("fill", "f32").front());
    fill.setArg(0, std::uint64_t{30});
    fill.setArg(1, 2.0f);
    fill.setArg(2, made);
    the_card->start(fill);
  };

  EXPECT_THROW(part(64), cl::Error);
  part(128);

  std::vector<float> expected(256, 1);
  for (int i = 32; i < 62; ++i) expected[static_cast<std::size_t>(i)] = 2;
  EXPECT_EQ(whole.read(), expected);
  EXPECT_EQ(the_card->device().getInfo<CL_DEVICE_MEM_BASE_ADDR_ALIGN>(), 128u * 8);
}

/// memory.banks[].flags of 520n-mx (1 << 19) and 520n (k << 16): for Intel's FPGA platforms only.
TEST(Traps, FlagsOfBanksAreIntelsAlone) {
  const cl_int expected = the_card->runtime() == Runtime::pocl ? CL_INVALID_VALUE : CL_SUCCESS;

  EXPECT_EQ(status_of_buffer(1u << 19), expected);
  for (cl_mem_flags k = 1; k <= 4; ++k) EXPECT_EQ(status_of_buffer(k << 16), expected) << k;
  EXPECT_EQ(status_of_buffer(0), CL_SUCCESS);  // the emulator's own
}

TEST(Traps, HalfIsDecidedByATrialBuild) {
  if (the_card->slow()) GTEST_SKIP() << "its compiler takes half, its interpreter does not";
  const bool listed =
      the_card->device().getInfo<CL_DEVICE_EXTENSIONS>().find("cl_khr_fp16") != std::string::npos;
  const bool built = builds(
      "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
      "__kernel void k(__global float* x) { half h = (half)x[0]; x[0] = (float)(h * h); }");

  EXPECT_FALSE(listed);
  EXPECT_EQ(built, the_card->runtime() == Runtime::emulator);
}

/// The options of compile.command in boards/ are aoc's: no runtime's compiler gets them.
TEST(Traps, OptionsOfAocAreNotThoseOfARuntime) {
  if (the_card->slow()) GTEST_SKIP() << "its compiler takes some";
  const std::string text = "__kernel void k(__global int* x) { x[0] = 1; }";

  EXPECT_TRUE(builds(text));
  for (const char* option : {"-fpc", "-fp-relaxed", "-board=emulator", "-no-interleaving=default"})
    EXPECT_FALSE(builds(text, option)) << option;
}

/// So program.py writes CW_VENDOR_INTEL into the text.
TEST(Traps, NoMacroTellsThatItIsIntels) {
  for (const char* name : {"INTELFPGA_CL", "ALTERA_CL", "EMULATOR"})
    EXPECT_TRUE(builds(std::string("#ifdef ") + name + "\n#error\n#endif\n" +
                       "__kernel void k(__global int* x) { x[0] = 1; }"))
        << name;
}

TEST(Traps, NoNamesButTheDialectsAreEntries) {
  const cl::Kernel kernel = the_card->kernel(entries("saxpy", "f32").front());

  EXPECT_EQ(kernel.getInfo<CL_KERNEL_NUM_ARGS>(), 4u);
  if (the_card->slow()) return;                           // Oclgrind would report the next line
  EXPECT_THROW(the_card->kernel("cw_saxpy"), cl::Error);  // the portable kernel's
}

}  // namespace
}  // namespace cardwise::fpga_tests
