// SPDX-License-Identifier: Apache-2.0
// Kernels through CUDA: compiled, cached, launched with the right arguments.
#include <dlfcn.h>

#include <cmath>

#include "cuda_test.hpp"

namespace cardwise::cuda_tests {
namespace {

class CudaKernels : public CudaTest {
 protected:
  // Defines for every embedded kernel at once: what one does not know, it ignores.
  static Defines defines(const std::string& real = "float", const std::string& width = "1") {
    return {{"REAL", real},    {"WIDTH", width}, {"GROUP", "64"},  {"TAIL", "1"},
            {"GROUP_X", "32"}, {"GROUP_Y", "4"}, {"ROWS", "4"},    {"WORD", "u32"},
            {"CHAINS", "8"},   {"UNROLL", "4"},  {"TILE_M", "8"},  {"TILE_N", "8"},
            {"TILE_K", "4"},   {"ITEM_M", "2"},  {"ITEM_N", "2"}};
  }

  // How often the double of NVRTC has compiled.
  static int compilations() {
    void* library = dlopen(NVRTC_DOUBLE, RTLD_NOW | RTLD_NOLOAD);
    if (library == nullptr) return -1;
    const int count = *static_cast<int*>(dlsym(library, "cardwise_nvrtc_compilations"));
    dlclose(library);
    return count;
  }
};

template <class Real>
std::vector<Real> ramp(std::size_t n, Real step) {
  std::vector<Real> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<Real>(i) * step;
  return values;
}

TEST_F(CudaKernels, SaxpyTakesNumbersAndBuffersOfEveryWidth) {
  for (const char* width : {"1", "2", "4"}) {
    const std::uint64_t n = 1003;  // a tail for every width
    const auto x = buffer(ramp<float>(n + 1, 1));
    const auto y = buffer(ramp<float>(n + 1, 10));
    const auto saxpy = device->load(portable_kernel("saxpy"), "cw_saxpy", defines("float", width));

    queue->launch(*saxpy, {.global = {1024, 1, 1}, .group = {64, 1, 1}}, {n, 3.0F, *x, *y});

    const auto result = contents<float>(*y);
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(result[i], 13 * static_cast<float>(i)) << i;
    EXPECT_EQ(result[n], 10 * static_cast<float>(n)) << "the tail was not guarded";
  }
}

TEST_F(CudaKernels, DoublesAndLocalMemoryWork) {
  const std::uint64_t n = 1000;
  const auto x = buffer(ramp<double>(n, 1));
  const auto y = buffer(std::vector<double>(n, 0.5));
  const auto partial = buffer(std::vector<double>(4, -1));
  const auto dot = device->load(portable_kernel("dot"), "cw_dot", defines("double", "2"));

  queue->launch(*dot, {.global = {256, 1, 1}, .group = {64, 1, 1}}, {n, *x, *y, *partial});

  const auto sums = contents<double>(*partial);
  EXPECT_EQ(sums[0] + sums[1] + sums[2] + sums[3], 999.0 * 1000 / 4);
}

TEST_F(CudaKernels, GroupsOfTwoDimensionsWork) {
  const std::uint64_t m = 13, n = 10, k = 9;
  std::vector<float> a(m * k), b(k * n), expected(m * n);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 7);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 5);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t l = 0; l < k; ++l) expected[i * n + j] += a[i * k + l] * b[l * n + j];
  const auto left = buffer(a);
  const auto right = buffer(b);
  const auto product = buffer(std::vector<float>(m * n, -1));
  const auto gemm = device->load(portable_kernel("gemm"), "cw_gemm", defines());

  queue->launch(*gemm, {.global = {8, 8, 1}, .group = {4, 4, 1}},
                {m, n, k, *left, *right, *product});

  EXPECT_EQ(contents<float>(*product), expected);
}

TEST_F(CudaKernels, EveryEmbeddedKernelLoads) {
  for (const std::string& name : portable_kernel_names()) {
    const std::string entry = "cw_" + name + (name == "data" ? "_grid" : "");
    for (const char* real : {"float", "double"}) {
      const auto kernel = device->load(portable_kernel(name), entry, defines(real));
      EXPECT_EQ(kernel->entry(), entry);
      EXPECT_EQ(kernel->binary_sha256().size(), 64u);
    }
  }
}

TEST_F(CudaKernels, SmallNumbersKeepTheirSize) {
  const auto out = buffer(std::vector<long long>(4));
  const auto kernel = device->load(
      source_of("KERNEL BLOCK(1, 1, 1) void cw_test(const u32 a, const i64 b, const int c,"
                " const double d, GLOBAL i64* out) {"
                " out[0] = a; out[1] = b; out[2] = c; out[3] = (i64)d; }"),
      "cw_test", defines());

  queue->launch(*kernel, {}, {std::uint32_t{4000000000U}, std::int64_t{-5}, -6, 7.5, *out});

  EXPECT_EQ(contents<long long>(*out), (std::vector<long long>{4000000000LL, -5, -6, 7}));
}

TEST_F(CudaKernels, WithoutAGroupTheBackendChoosesOne) {
  const auto out = buffer(std::vector<int>(96));
  const auto kernel = device->load(
      source_of("KERNEL void cw_test(GLOBAL int* out) { out[GLOBAL_ID(0)] = 1; }"), "cw_test",
      defines());

  queue->launch(*kernel, {.global = {96, 1, 1}, .group = {0, 0, 0}}, {*out});

  EXPECT_EQ(contents<int>(*out), std::vector<int>(96, 1));
}

TEST_F(CudaKernels, PartsOfGroupsAreRefused) {
  const auto saxpy = device->load(portable_kernel("saxpy"), "cw_saxpy", defines());
  const auto x = buffer(std::vector<float>(100));

  const Error error = error_of([&] {
    queue->launch(*saxpy, {.global = {100, 1, 1}, .group = {64, 1, 1}},
                  {std::uint64_t{100}, 1.0F, *x, *x});
  });

  EXPECT_TRUE(contains(error.what(), "cw_saxpy: 100 work-items are not whole groups of 64"))
      << error.what();
}

TEST_F(CudaKernels, ABuildFailureCarriesTheCompilersLog) {
  const Error error = error_of([&] {
    device->load(source_of("KERNEL void cw_test() { no_such_function_at_all(); }"), "cw_test",
                 defines());
  });

  EXPECT_TRUE(contains(error.what(), "compile test.cl for sm_")) << error.what();
  EXPECT_TRUE(contains(error.what(), "NVRTC_ERROR_COMPILATION")) << error.what();
  EXPECT_TRUE(contains(error.what(), "no_such_function_at_all")) << error.what();
  EXPECT_FALSE(error.device_lost);
}

TEST_F(CudaKernels, AnUnknownEntryIsNamedWithItsFile) {
  const Error error =
      error_of([&] { device->load(portable_kernel("saxpy"), "cw_sexpy", defines()); });

  EXPECT_STREQ(error.what(), "no kernel cw_sexpy in kernels/saxpy.cl");
}

TEST_F(CudaKernels, AKernelIsCompiledOnceForItsDefines) {
  if (!on_double()) GTEST_SKIP() << "only the double counts";
  const int before = compilations();

  const auto first = device->load(portable_kernel("triad"), "cw_triad", defines());
  const auto again = device->load(portable_kernel("triad"), "cw_triad", defines());
  EXPECT_EQ(compilations(), before + 1);
  EXPECT_EQ(first->binary_sha256(), again->binary_sha256());

  const auto wide = device->load(portable_kernel("triad"), "cw_triad", defines("float", "4"));
  EXPECT_EQ(compilations(), before + 2);
  EXPECT_NE(first->binary_sha256(), wide->binary_sha256());
}

TEST_F(CudaKernels, ColdCompilationsAreNotKept) {
  if (!on_double()) GTEST_SKIP() << "only the double counts";
  Defines cold = defines();
  cold.emplace_back("CARDWISE_COLD_RUN", "1");
  const int before = compilations();

  device->load(portable_kernel("triad"), "cw_triad", cold);
  device->load(portable_kernel("triad"), "cw_triad", cold);

  EXPECT_EQ(compilations(), before + 2);
}

TEST_F(CudaKernels, AnImageIsLoadedWithoutTheCompiler) {
  if (!on_double()) GTEST_SKIP() << "the image is one of the double's";
  const std::string image =
      "cardwise-cuda-double\n1\n-DVALUE=5\n"
      "__kernel void five(__global int* out) { out[get_global_id(0)] = VALUE; }";
  KernelSource source;
  ImageCode code{.bytes = {}, .format = "ptx", .sha256 = "five"};
  for (const char c : image) code.bytes.push_back(static_cast<std::byte>(c));
  source.file = "five.ptx";
  source.image = std::make_shared<const ImageCode>(code);
  const int before = compilations();
  const auto out = buffer(std::vector<int>(2));

  const auto five = device->load(source, "five", {});
  queue->launch(*five, {.global = {2, 1, 1}, .group = {1, 1, 1}}, {*out});

  EXPECT_EQ(contents<int>(*out), (std::vector<int>{5, 5}));
  EXPECT_EQ(compilations(), before);
}

TEST_F(CudaKernels, AnImageThatIsNoneNamesFileAndReason) {
  KernelSource source;
  source.file = "broken.ptx";
  source.image = std::make_shared<const ImageCode>(
      ImageCode{.bytes = std::vector(64, std::byte{'x'}), .format = "ptx", .sha256 = "x"});

  const Error error = error_of([&] { device->load(source, "entry", {}); });

  EXPECT_TRUE(contains(error.what(), "load broken.ptx on ")) << error.what();
  EXPECT_TRUE(contains(error.what(), "CUDA_ERROR_")) << error.what();
  if (on_double()) {
    EXPECT_TRUE(contains(error.what(), "\ncuda double: not made by")) << "the driver's log";
  }
}

TEST_F(CudaKernels, AnIllegalAddressLosesTheDevice) {
  if (!on_double()) GTEST_SKIP() << "breaks the card's context";
  const auto saxpy = device->load(portable_kernel("saxpy"), "cw_saxpy", defines());
  const auto y = buffer(std::vector<float>(64));

  queue->launch(*saxpy, {.global = {64, 1, 1}, .group = {64, 1, 1}},
                {std::uint64_t{64}, 1.0F, std::uint64_t{12345}, *y});
  const Error error = error_of([&] { queue->wait(); });

  EXPECT_TRUE(contains(error.what(), "cuStreamSynchronize on ")) << error.what();
  EXPECT_TRUE(contains(error.what(), "CUDA_ERROR_ILLEGAL_ADDRESS")) << error.what();
  EXPECT_TRUE(error.device_lost);
}

}  // namespace
}  // namespace cardwise::cuda_tests
