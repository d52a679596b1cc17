// SPDX-License-Identifier: Apache-2.0
// Does the OpenCL backend keep the promises of device.hpp? On PoCL, or on any card by hand.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "device/backends.hpp"
#include "device/device.hpp"
#include "device/kernel_source.hpp"
#include "device/opencl/cl.hpp"

namespace cardwise {
namespace {

Found& found() {
  static Found all = backend("opencl").list();
  return all;
}

KernelSource text(const std::string& body) {
  return {.name = "test", .variant = "portable", .file = "test.cl", .text = body, .image = {}, .bank = {}};
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& all, std::string_view part) {
  return all.find(part) != std::string::npos;
}

class OpenCl : public testing::Test {
 protected:
  std::unique_ptr<Device> device = backend("opencl").open(found().devices.front(), WaitMode::spin);
  std::unique_ptr<Queue> queue = device->queue();

  std::unique_ptr<Buffer> buffer(const std::vector<int>& values) {
    auto memory = device->allocate(values.size() * sizeof(int), Memory::device);
    queue->write(*memory, std::as_bytes(std::span(values)));
    queue->wait();
    return memory;
  }
  std::vector<int> contents(Buffer& memory) {
    std::vector<int> values(memory.bytes() / sizeof(int));
    queue->read(std::as_writable_bytes(std::span(values)), memory);
    queue->wait();
    return values;
  }
};

TEST_F(OpenCl, InfoNamesTheCard) {
  const DeviceInfo& info = device->info();

  EXPECT_EQ(info.backend, "opencl");
  EXPECT_FALSE(info.name.empty());
  EXPECT_FALSE(info.platform.empty());
  EXPECT_FALSE(info.identity().empty());
  EXPECT_GT(info.memory_bytes, 0);
  EXPECT_GT(info.max_allocation_bytes, 0);
  EXPECT_GT(info.max_group_size, 0);
  EXPECT_GT(info.compute_units, 0);
  EXPECT_TRUE(info.online_compiler);
}

TEST_F(OpenCl, ReadsWhatWasWrittenAlsoAtAnOffset) {
  const auto memory = buffer({1, 2, 3, 4});
  const std::vector<int> two{7, 8};
  std::vector<int> last(1);

  queue->write(*memory, std::as_bytes(std::span(two)), 4);
  queue->read(std::as_writable_bytes(std::span(last)), *memory, 12);
  queue->wait();

  EXPECT_EQ(contents(*memory), (std::vector<int>{1, 7, 8, 4}));
  EXPECT_EQ(last.front(), 4);
  EXPECT_EQ(memory->bytes(), 16u);
  EXPECT_EQ(memory->host(), nullptr);
}

TEST_F(OpenCl, CopiesSoManyBytesAndNoMore) {
  const auto from = buffer({1, 2, 3, 4});
  const auto to = buffer({0, 0, 0, 9});

  queue->copy(*to, *from, 12);

  EXPECT_EQ(contents(*to), (std::vector<int>{1, 2, 3, 9}));
}

TEST_F(OpenCl, FillsTheRangeByteByByte) {
  const auto memory = buffer({-1, -1, -1, -1});

  queue->fill(*memory, 0x5a, 5, 6);

  const std::vector<int> seen = contents(*memory);
  std::vector<unsigned char> bytes(16);
  std::memcpy(bytes.data(), seen.data(), 16);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(bytes[i], i >= 5 && i < 11 ? 0x5a : 0xff) << i;
}

TEST_F(OpenCl, PinnedMemoryIsSeenByHostAndCard) {
  const auto there = device->allocate(400, Memory::pinned);
  const auto back = device->allocate(400, Memory::pinned);
  const auto card = device->allocate(400, Memory::device);
  ASSERT_NE(there->host(), nullptr);
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 1);
  std::memcpy(there->host(), values.data(), 400);

  queue->copy(*card, *there, 400);
  queue->copy(*back, *card, 400);
  queue->wait();

  EXPECT_EQ(std::memcmp(back->host(), values.data(), 400), 0);
}

TEST_F(OpenCl, LaunchesWithBuffersAndNumbersOfEverySize) {
  const auto kernel = device->load(text(R"(
    __kernel void sum(long a, int b, float c, __global int* out) {
      out[get_global_id(0)] = (int)(a / 1000000000L) + b + (int)c + FOUR;
    })"), "sum", {{"FOUR", "4"}});
  const auto out = buffer({0, 0, 0});

  queue->launch(*kernel, {.global = {2, 1, 1}}, {std::int64_t{100'000'000'000}, 20, 3.0F, *out});

  EXPECT_EQ(contents(*out), (std::vector<int>{127, 127, 0}));
  EXPECT_EQ(kernel->entry(), "sum");
}

TEST_F(OpenCl, RunsWhatIsInTheQueueInOrder) {
  const auto kernel = device->load(text(R"(
    __kernel void twice_and(int more, __global int* x) {
      x[get_global_id(0)] = 2 * x[get_global_id(0)] + more;
    })"), "twice_and", {});
  const auto x = buffer({1});

  for (int i = 0; i < 8; ++i)
    queue->launch(*kernel, {.global = {1, 1, 1}, .group = {1, 1, 1}}, {i % 2, *x});

  EXPECT_EQ(contents(*x).front(), 341);  // another order, or a lost launch, gives another number
}

TEST_F(OpenCl, MarksEncloseTheWork) {
  const auto kernel = device->load(text(R"(
    __kernel void spin(int n, __global int* x) {
      int v = x[0];
      for (int i = 0; i < n; ++i) v = v * 1664525 + 1013904223;
      x[0] = v;
    })"), "spin", {});
  const auto x = buffer({1});
  const auto timed = [&](int n) {
    const auto start = queue->mark();
    queue->launch(*kernel, {.global = {1, 1, 1}, .group = {1, 1, 1}}, {n, *x});
    const auto end = queue->mark();
    queue->wait();
    return device->elapsed_ns(*start, *end);
  };
  timed(1);

  const std::int64_t brief = timed(1), lengthy = timed(40'000'000);

  EXPECT_GE(brief, 0);
  EXPECT_GT(lengthy, 5'000'000);  // 40 million dependent multiplications: 8 GHz would do it
  EXPECT_GT(lengthy, brief);
}

TEST_F(OpenCl, ABuildErrorHasTheCompilersLog) {
  const std::string said = error_of([&] {
    device->load(text("__kernel void broken() { this_is_not_declared = 1; }"), "broken",
                 {{"WIDTH", "4"}});
  });

  EXPECT_TRUE(contains(said, "build test.cl with -DWIDTH=4 on " + device->info().name)) << said;
  EXPECT_TRUE(contains(said, "CL_BUILD_PROGRAM_FAILURE (-11)")) << said;
  EXPECT_TRUE(contains(said, "this_is_not_declared")) << said;
}

TEST_F(OpenCl, AnUnknownEntryIsNamed) {
  const std::string said = error_of([&] {
    device->load(text("__kernel void there(__global int* x) { x[0] = 1; }"), "elsewhere", {});
  });

  EXPECT_TRUE(contains(said, "test.cl has no kernel 'elsewhere'")) << said;
}

TEST_F(OpenCl, TooLittleMemoryNamesSizeAndCard) {
  const std::string said =
      error_of([&] { device->allocate(std::size_t{1} << 50, Memory::device); });

  EXPECT_TRUE(contains(said, "1125899906842624")) << said;
  EXPECT_TRUE(contains(said, device->info().name)) << said;
}

TEST_F(OpenCl, EveryEmbeddedKernelsTextIsFound) {
  EXPECT_FALSE(portable_kernel_names().empty());
  for (const std::string& name : portable_kernel_names())
    EXPECT_TRUE(contains(portable_kernel(name).text, "KERNEL")) << name;
  EXPECT_TRUE(contains(error_of([] { portable_kernel("no_such"); }), "no_such"));
}

TEST_F(OpenCl, ACardThatIsGoneIsALostCard) {
  DeviceInfo gone = found().devices.front();
  gone.index = 99;
  try {
    backend("opencl").open(gone, WaitMode::spin);
    FAIL() << "opened device 99";
  } catch (const Error& error) {
    EXPECT_TRUE(error.device_lost);
    EXPECT_TRUE(contains(error.what(), gone.name)) << error.what();
  }
}

/// What the runtime hands out for a program of this text on the fixture's card.
std::vector<std::byte> binary_of(const DeviceInfo& info, const char* text) {
  std::vector<cl_platform_id> platforms(16);
  std::vector<cl_device_id> devices(16);
  cl_uint count = 0;
  clGetPlatformIDs(16, platforms.data(), &count);
  std::vector<std::byte> binary;
  for (cl_uint i = 0; i < count && binary.empty(); ++i) {
    std::vector<char> name(256);
    clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, name.size(), name.data(), nullptr);
    if (info.platform != name.data()) continue;
    cl_uint found_here = 0;
    clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 16, devices.data(), &found_here);
    cl_device_id device = devices[std::size_t(info.index)];
    cl_context context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, nullptr);
    cl_program program = clCreateProgramWithSource(context, 1, &text, nullptr, nullptr);
    clBuildProgram(program, 1, &device, "", nullptr, nullptr);
    std::size_t size = 0;
    clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr);
    binary.resize(size);
    auto* to = reinterpret_cast<unsigned char*>(binary.data());
    clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof to, static_cast<void*>(&to), nullptr);
    clReleaseProgram(program);
    clReleaseContext(context);
  }
  return binary;
}

KernelSource image_of(std::vector<std::byte> code, int arguments = -1) {
  const std::string hash = std::to_string(code.size());
  KernelSource source = text("{}");
  source.file = "x.clbin";
  source.arguments = arguments;
  source.image = std::make_shared<const ImageCode>(
      ImageCode{.bytes = std::move(code), .format = "opencl-binary", .sha256 = hash});
  return source;
}

const char* const count_up =
    "__kernel void count_up(__global int* out, const int by) { out[get_global_id(0)] += by; }";

TEST_F(OpenCl, AnImageIsLoadedAndRuns) {
  const auto memory = buffer({1, 2, 3, 4});
  KernelSource source = image_of(binary_of(device->info(), count_up), 2);

  const auto range = device->load(source, "count_up", {});
  queue->launch(*range, {.global = {4, 1, 1}, .group = {1, 1, 1}}, {*memory, 10});
  source.single_work_item = true;
  const auto task = device->load(source, "count_up", {});
  queue->launch(*task, {.global = {4, 1, 1}, .group = {1, 1, 1}}, {*memory, 100});

  EXPECT_EQ(contents(*memory), (std::vector<int>{111, 12, 13, 14}));
}

TEST_F(OpenCl, AnImagesKernelTakesAsManyArgumentsAsItsManifestSays) {
  const std::vector<std::byte> code = binary_of(device->info(), count_up);
  const auto why = [&](int arguments) {
    return error_of([&] { device->load(image_of(code, arguments), "count_up", {}); });
  };

  for (const int arguments : {0, 1, 3})
    EXPECT_EQ(why(arguments),
              "x.clbin: kernel 'count_up' takes 2 arguments, and its manifest says " +
                  std::to_string(arguments));
  EXPECT_EQ(why(2), "no error");
  EXPECT_EQ(error_of([&] { device->load(image_of(code), "nothing", {}); }),
            "x.clbin has no kernel 'nothing'");
}

/// Elsewhere the flags of an FPGA's bank are no flags: PoCL answers -30.
TEST_F(OpenCl, FlagsOfABankAreForIntelsFpgasAlone) {
  if (contains(device->info().platform, "FPGA")) GTEST_SKIP() << "they are its own here";
  KernelSource source = image_of(binary_of(device->info(), count_up), 2);
  source.bank = "HBM0";
  source.bank_flags = 1u << 19;  // CL_MEM_HETEROGENEOUS_INTELFPGA
  source.bank_argument = 0;
  const auto kernel = device->load(source, "count_up", {});

  const auto memory = buffer({1, 2, 3, 4});

  queue->launch(*kernel, {.global = {4, 1, 1}, .group = {1, 1, 1}}, {*memory, 1});
  EXPECT_EQ(contents(*memory), (std::vector<int>{2, 3, 4, 5}));
}

TEST_F(OpenCl, WhatIsNoImageIsNamed) {
  const std::string error =
      error_of([&] { device->load(image_of(std::vector(64, std::byte{'x'})), "x", {}); });

  EXPECT_TRUE(contains(error, "x.clbin on ")) << error;
  EXPECT_TRUE(contains(error, "CL_INVALID_BINARY")) << error;
}

}  // namespace
}  // namespace cardwise

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (cardwise::found().devices.empty()) {
    const char* required = std::getenv("CARDWISE_REQUIRE");
    const bool must = required != nullptr && std::string_view(required).find("opencl") !=
                                                 std::string_view::npos;
    std::printf("%s: %s\n", must ? "FAILED, opencl is required" : "SKIPPED",
                cardwise::found().why_none.c_str());
    return must ? 1 : 77;
  }
  return RUN_ALL_TESTS();
}
