// SPDX-License-Identifier: Apache-2.0
// Every kernel against a plain loop on the host: exact, at sizes that fit and sizes that do not.
#include <gtest/gtest.h>

#include <fmt/core.h>

#include <array>
#include <numeric>

#include "card.hpp"
#include "core/mix.hpp"

namespace cardwise::kernel_tests {
namespace {

std::unique_ptr<Card> the_card;

constexpr std::size_t group = 32;

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

template <class T>
constexpr const char* real_name = sizeof(T) == 4 ? "float" : "double";

template <class T>
std::vector<T> data(Data kind, std::uint64_t seed, std::size_t n) {
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i)
    values[i] = static_cast<T>(data_value(kind, seed, i, sizeof(T) == 4));
  return values;
}

template <class T>
std::vector<T> poisoned(std::size_t n) {
  return std::vector<T>(n, static_cast<T>(-12345));
}

/// An element type and the elements of a pack.
template <class T, std::size_t elements>
struct Sort {
  using Real = T;
  static constexpr std::size_t width = elements;
};

template <class S>
class Streams : public testing::Test {
 public:
  using Real = typename S::Real;
  static constexpr std::size_t width = S::width;

  /// One multiple of all groups, one element, and sizes that leave whole and broken packs over.
  static std::vector<std::size_t> sizes() { return {4 * group * width, 1, 7, 333, 1027}; }

  static Defines defines(std::size_t n) {
    Defines all = {{"REAL", real_name<Real>},
                   {"WIDTH", std::to_string(width)},
                   {"GROUP", std::to_string(group)}};
    if (n % (group * width) != 0) all["TAIL"] = "1";
    return all;
  }

  template <class... Arguments>
  static void launch(const std::string& kernel, std::size_t n, const Arguments&... arguments) {
    const std::size_t items = round_up((n + width - 1) / width, group);
    the_card->launch(kernel, "cw_" + kernel, defines(n), {items}, {group},
                     static_cast<std::uint64_t>(n), arguments...);
  }
};

using Sorts = testing::Types<Sort<float, 1>, Sort<float, 2>, Sort<float, 4>, Sort<double, 1>,
                             Sort<double, 2>>;
TYPED_TEST_SUITE(Streams, Sorts);

TYPED_TEST(Streams, FillWritesTheValueEverywhere) {
  using T = typename TypeParam::Real;
  for (const std::size_t n : this->sizes()) {
    auto out = the_card->array(poisoned<T>(n));

    this->launch("fill", n, T{3}, out);

    EXPECT_EQ(out.read(), std::vector<T>(n, T{3})) << n;
  }
}

TYPED_TEST(Streams, CopyCopies) {
  using T = typename TypeParam::Real;
  for (const std::size_t n : this->sizes()) {
    const auto values = data<T>(Data::uniform, 1, n);
    auto in = the_card->array(values);
    auto out = the_card->array(poisoned<T>(n));

    this->launch("copy", n, in, out);

    EXPECT_EQ(out.read(), values) << n;
  }
}

TYPED_TEST(Streams, VectorAddAdds) {
  using T = typename TypeParam::Real;
  for (const std::size_t n : this->sizes()) {
    const auto a = data<T>(Data::grid, 1, n);
    const auto b = data<T>(Data::grid, 2, n);
    std::vector<T> expected(n);
    for (std::size_t i = 0; i < n; ++i) expected[i] = a[i] + b[i];
    auto c = the_card->array(poisoned<T>(n));

    this->launch("vector_add", n, the_card->array(a), the_card->array(b), c);

    EXPECT_EQ(c.read(), expected) << n;
  }
}

TYPED_TEST(Streams, SaxpyAddsToY) {
  using T = typename TypeParam::Real;
  for (const std::size_t n : this->sizes()) {
    const auto x = data<T>(Data::grid, 1, n);
    auto expected = data<T>(Data::grid, 2, n);
    auto y = the_card->array(expected);
    for (std::size_t i = 0; i < n; ++i) expected[i] += T{-3} * x[i];

    this->launch("saxpy", n, T{-3}, the_card->array(x), y);

    EXPECT_EQ(y.read(), expected) << n;
  }
}

TYPED_TEST(Streams, TriadScalesC) {
  using T = typename TypeParam::Real;
  for (const std::size_t n : this->sizes()) {
    const auto b = data<T>(Data::grid, 1, n);
    const auto c = data<T>(Data::grid, 2, n);
    std::vector<T> expected(n);
    for (std::size_t i = 0; i < n; ++i) expected[i] = b[i] + T{3} * c[i];
    auto a = the_card->array(poisoned<T>(n));

    this->launch("triad", n, T{3}, the_card->array(b), the_card->array(c), a);

    EXPECT_EQ(a.read(), expected) << n;
  }
}

TYPED_TEST(Streams, DotSumsThePacksOfEachGroup) {
  using T = typename TypeParam::Real;
  constexpr std::size_t groups = 3;
  for (const std::size_t n : this->sizes()) {
    const auto x = data<T>(Data::integer, 1, n);
    const auto y = data<T>(Data::integer, 2, n);
    std::vector<T> expected(groups, T{0});
    for (std::size_t i = 0; i < n; ++i)
      expected[i / this->width / group % groups] += x[i] * y[i];
    auto partial = the_card->array(poisoned<T>(groups));

    the_card->launch("dot", "cw_dot", this->defines(n), {groups * group}, {group},
                     static_cast<std::uint64_t>(n), the_card->array(x), the_card->array(y),
                     partial);

    EXPECT_EQ(partial.read(), expected) << n;
  }
}

TYPED_TEST(Streams, DotSumsTheRunsOfEachGroup) {
  using T = typename TypeParam::Real;
  constexpr std::size_t groups = 3, run = 8;
  for (const std::size_t one : {std::size_t{1}, group}) {  // work-items of a group
    const std::size_t step = one * run * this->width;
    for (const std::size_t n : {4 * step, std::size_t{1}, step - 1, step + 1, 5 * step + 3}) {
      const auto x = data<T>(Data::integer, 1, n);
      const auto y = data<T>(Data::integer, 2, n);
      std::vector<T> expected(groups, T{0});
      for (std::size_t i = 0; i < n; ++i) expected[i / step % groups] += x[i] * y[i];
      auto partial = the_card->array(poisoned<T>(groups));
      Defines all = {{"REAL", real_name<T>}, {"WIDTH", std::to_string(this->width)},
                     {"GROUP", std::to_string(one)}, {"RUN", std::to_string(run)},
                     {"SUMS", "4"}};
      if (n % step != 0) all["TAIL"] = "1";

      the_card->launch("dot", "cw_dot", all, {groups * one}, {one}, static_cast<std::uint64_t>(n),
                       the_card->array(x), the_card->array(y), partial);

      EXPECT_EQ(partial.read(), expected) << n << " " << label(all);
    }
  }
}

template <class S>
class Grids : public testing::Test {
 public:
  using Real = typename S::Real;
  static constexpr std::size_t width = S::width;
  static constexpr std::size_t group_x = 8, group_y = 2;

  static Defines defines(std::size_t rows) {
    return {{"REAL", real_name<Real>},
            {"WIDTH", std::to_string(width)},
            {"GROUP_X", std::to_string(group_x)},
            {"GROUP_Y", std::to_string(group_y)},
            {"ROWS", std::to_string(rows)}};
  }

  struct Size {
    std::size_t nx, ny, nz, rows;
  };
  /// nx in packs, so that every width divides it; heights with and without a broken last walk.
  static std::vector<Size> sizes() {
    return {{19 * width, 14, 5, 4}, {8 * width, 10, 6, 1}, {9 * width, 3, 3, 3}, {4, 7, 9, 2}};
  }

  static cl::NDRange range(const Size& size) {
    return {round_up(size.nx / width, group_x),
            round_up((size.ny - 2 + size.rows - 1) / size.rows, group_y)};
  }

  /// The walk along rows: shorter than a row, or longer.
  static constexpr std::array<std::size_t, 2> spans{5, 1024};
  static Defines walk(std::size_t span) {
    return {{"REAL", real_name<Real>}, {"SPAN", std::to_string(span)}, {"GROUP_X", "1"},
            {"GROUP_Y", "2"}};
  }
  static cl::NDRange walk_range(const Size& size, std::size_t span, std::size_t planes = 1) {
    return {(size.nx + span - 1) / span, round_up(size.ny - 2, 2), planes};
  }
};
TYPED_TEST_SUITE(Grids, Sorts);

TYPED_TEST(Grids, Stencil2dAveragesTheFourNeighbours) {
  using T = typename TypeParam::Real;
  for (const auto& [nx, ny, nz, rows] : this->sizes()) {
    const auto u = data<T>(Data::grid, 1, nx * ny);
    auto expected = poisoned<T>(nx * ny);
    for (std::size_t y = 1; y + 1 < ny; ++y)
      for (std::size_t x = 1; x + 1 < nx; ++x)
        expected[y * nx + x] = T{0.25} * (u[(y - 1) * nx + x] + u[(y + 1) * nx + x] +
                                          u[y * nx + x - 1] + u[y * nx + x + 1]);
    auto v = the_card->array(poisoned<T>(nx * ny));

    the_card->launch("stencil2d", "cw_stencil2d", this->defines(rows),
                     this->range({nx, ny, nz, rows}), {this->group_x, this->group_y},
                     std::uint64_t{nx}, std::uint64_t{ny}, the_card->array(u), v);

    EXPECT_EQ(v.read(), expected) << nx << " x " << ny << ", rows " << rows;

    for (const std::size_t span : this->spans) {
      auto walked = the_card->array(poisoned<T>(nx * ny));
      the_card->launch("stencil2d", "cw_stencil2d", this->walk(span),
                       this->walk_range({nx, ny, nz, rows}, span), {1, 2, 1}, std::uint64_t{nx},
                       std::uint64_t{ny}, the_card->array(u), walked);
      EXPECT_EQ(walked.read(), expected) << nx << " x " << ny << ", span " << span;
    }
  }
}

TYPED_TEST(Grids, Conv2dSubtractsTheEightNeighbours) {
  using T = typename TypeParam::Real;
  for (const auto& [nx, ny, nz, rows] : this->sizes()) {
    const auto in = data<T>(Data::grid, 1, nx * ny);
    auto expected = poisoned<T>(nx * ny);
    for (std::size_t y = 1; y + 1 < ny; ++y)
      for (std::size_t x = 1; x + 1 < nx; ++x) {
        T sum = T{9} * in[y * nx + x];
        for (std::size_t dy = 0; dy < 3; ++dy)
          for (std::size_t dx = 0; dx < 3; ++dx) sum -= in[(y + dy - 1) * nx + x + dx - 1];
        expected[y * nx + x] = sum;
      }
    auto out = the_card->array(poisoned<T>(nx * ny));

    the_card->launch("conv2d", "cw_conv2d", this->defines(rows), this->range({nx, ny, nz, rows}),
                     {this->group_x, this->group_y}, std::uint64_t{nx}, std::uint64_t{ny},
                     the_card->array(in), out);

    EXPECT_EQ(out.read(), expected) << nx << " x " << ny << ", rows " << rows;

    for (const std::size_t span : this->spans) {
      auto walked = the_card->array(poisoned<T>(nx * ny));
      the_card->launch("conv2d", "cw_conv2d", this->walk(span),
                       this->walk_range({nx, ny, nz, rows}, span), {1, 2, 1}, std::uint64_t{nx},
                       std::uint64_t{ny}, the_card->array(in), walked);
      EXPECT_EQ(walked.read(), expected) << nx << " x " << ny << ", span " << span;
    }
  }
}

TYPED_TEST(Grids, Stencil3dWeighsSixNeighboursAndItself) {
  using T = typename TypeParam::Real;
  for (const auto& [nx, ny, nz, rows] : this->sizes()) {
    const std::size_t plane = nx * ny;
    const auto u = data<T>(Data::grid, 1, plane * nz);
    auto expected = poisoned<T>(plane * nz);
    for (std::size_t z = 1; z + 1 < nz; ++z)
      for (std::size_t y = 1; y + 1 < ny; ++y)
        for (std::size_t x = 1; x + 1 < nx; ++x) {
          const std::size_t i = (z * ny + y) * nx + x;
          expected[i] = u[i] / 2 + (u[i - 1] + u[i + 1] + u[i - nx] + u[i + nx] + u[i - plane] +
                                    u[i + plane]) / 16;
        }
    auto v = the_card->array(poisoned<T>(plane * nz));
    const cl::NDRange range(round_up(nx / this->width, this->group_x),
                            round_up(ny - 2, this->group_y), (nz - 2 + rows - 1) / rows);

    the_card->launch("stencil3d", "cw_stencil3d", this->defines(rows), range,
                     {this->group_x, this->group_y, 1}, std::uint64_t{nx}, std::uint64_t{ny},
                     std::uint64_t{nz}, the_card->array(u), v);

    EXPECT_EQ(v.read(), expected) << nx << " x " << ny << " x " << nz << ", planes " << rows;

    for (const std::size_t span : this->spans) {
      auto walked = the_card->array(poisoned<T>(plane * nz));
      the_card->launch("stencil3d", "cw_stencil3d", this->walk(span),
                       this->walk_range({nx, ny, nz, rows}, span, nz - 2), {1, 2, 1},
                       std::uint64_t{nx}, std::uint64_t{ny}, std::uint64_t{nz},
                       the_card->array(u), walked);
      EXPECT_EQ(walked.read(), expected) << nx << " x " << ny << " x " << nz << ", span " << span;
    }
  }
}

template <class T>
class Reals : public testing::Test {
 public:
  static Defines defines(std::size_t n) {
    Defines all = {{"REAL", real_name<T>}, {"GROUP", std::to_string(group)}};
    if (n % group != 0) all["TAIL"] = "1";
    return all;
  }

  /// m, n, k; tiles in the order of the table in gemm.cl.
  struct Product {
    std::size_t m, n, k;
    std::vector<int> tiles;
  };

  static std::vector<Product> products() {
    const int width = sizeof(T) == 4 ? 4 : 2;
    std::vector<Product> all = {
        {8, 16, 6, {4, 8, 2, 2, 2, 1}},  // one element a pack, fitting
        {7, 9, 5, {4, 8, 2, 2, 2, 1}},   // and nowhere fitting
        {8, 32, 32, {4, 16, 8, 4, 16, width}},  // one work-item a group
        {5, 17, 3, {4, 16, 8, 4, 16, width}},
        {16, 64, 24, {16, 32, 8, 4, 4, width}},  // items permuted in blocks of 32, packs
        {17, 35, 9, {16, 32, 8, 4, 4, width}},
    };
    if (the_card->emulated()) return all;
    all.push_back({32, 128, 32, {16, 64, 16, 4, 4, width}});  // two blocks of 32 items side by side
    all.push_back({33, 70, 5, {32, 64, 4, 8, 8, width}});   // two packs an item each way
    all.push_back({1, 1, 1, {32, 64, 4, 8, 8, width}});
    return all;
  }

  static void expect_product(const Product& product) {
    const auto& [m, n, k, tiles] = product;
    const auto a = data<T>(Data::integer, 1, m * k);
    const auto b = data<T>(Data::integer, 2, k * n);
    std::vector<T> expected(m * n, T{0});
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t l = 0; l < k; ++l)
        for (std::size_t j = 0; j < n; ++j) expected[i * n + j] += a[i * k + l] * b[l * n + j];
    auto c = the_card->array(poisoned<T>(m * n));
    const auto tile = [&tiles = tiles](int i) { return static_cast<std::size_t>(tiles[i]); };
    Defines all = gemm_tiles(real_name<T>, tiles);
    if (m % tile(0) != 0 || n % tile(1) != 0 || k % tile(2) != 0) all["TAIL"] = "1";
    const std::size_t items_x = tile(1) / tile(4);
    const std::size_t items_y = tile(0) / tile(3);

    the_card->launch("gemm", "cw_gemm", all,
                     {round_up(n, tile(1)) / tile(4), round_up(m, tile(0)) / tile(3)},
                     {items_x, items_y}, std::uint64_t{m}, std::uint64_t{n}, std::uint64_t{k},
                     the_card->array(a), the_card->array(b), c);

    EXPECT_EQ(c.read(), expected) << m << " x " << n << " x " << k << " " << label(all);
  }
};
using RealTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(Reals, RealTypes);

TYPED_TEST(Reals, GemmMultiplies) {
  for (const auto& product : this->products()) this->expect_product(product);
}

TYPED_TEST(Reals, FmaPeakReachesItsClosedForm) {
  constexpr std::size_t items = 2 * group;
  constexpr std::uint64_t iterations = 5;
  for (const std::size_t width : {std::size_t{1}, 16 / sizeof(TypeParam)}) {
    for (const int chains : {1, 8}) {
      Defines all = this->defines(items);
      all["WIDTH"] = std::to_string(width);
      all["CHAINS"] = std::to_string(chains);
      all["UNROLL"] = "16";
      auto out = the_card->array(poisoned<TypeParam>(items * width));
      const int steps = chains * (chains + 1) / 2 + chains * 16 * static_cast<int>(iterations);
      const TypeParam expected = static_cast<TypeParam>(steps) / 2048;

      the_card->launch("fma_peak", "cw_fma_peak", all, {items}, {group}, iterations, TypeParam{1},
                       TypeParam{1} / 2048, out);

      EXPECT_EQ(out.read(), std::vector<TypeParam>(items * width, expected)) << label(all);
    }
  }
}

TYPED_TEST(Reals, DataIsTheHostsBitForBit) {
  using T = TypeParam;
  const std::pair<const char*, Data> kinds[] = {{"cw_data_grid", Data::grid},
                                                {"cw_data_integer", Data::integer},
                                                {"cw_data_uniform", Data::uniform}};
  for (const std::size_t n : {2 * group, std::size_t{1}, std::size_t{1027}}) {
    for (const auto& [entry, kind] : kinds) {
      const std::uint64_t seed = 0xFEDCBA9876543210;
      auto out = the_card->array(poisoned<T>(n));

      the_card->launch("data", entry, this->defines(n), {round_up(n, group)}, {group},
                       std::uint64_t{n}, seed, out);

      EXPECT_EQ(out.read(), data<T>(kind, seed, n)) << entry << " " << n;
    }
  }
}

TEST(Words, PatternIsTheHostsMix) {
  const std::size_t n = 333;
  std::vector<std::uint64_t> expected(n);
  for (std::size_t i = 0; i < n; ++i) expected[i] = mix(42, i);
  auto out = the_card->array(std::vector<std::uint64_t>(n, 0));

  the_card->launch("data", "cw_data_pattern", {{"GROUP", "32"}, {"TAIL", "1"}},
                   {round_up(n, group)}, {group}, std::uint64_t{n}, std::uint64_t{42}, out);

  EXPECT_EQ(out.read(), expected);
}

template <class Word>
class Checksums : public testing::Test {};
using WordTypes = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(Checksums, WordTypes);

TYPED_TEST(Checksums, PartialsAddUpToTheSumOfMixes) {
  constexpr std::size_t groups = 3;
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{3}, 4 * group,
                              std::size_t{1027}}) {
    std::vector<TypeParam> words(std::max<std::size_t>(n, 1));
    for (std::size_t i = 0; i < n; ++i) words[i] = static_cast<TypeParam>(mix(7, i));
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < n; ++i) expected += mix(i, words[i]);
    auto partial = the_card->array(std::vector<std::uint64_t>(groups, ~0ull));

    the_card->launch("checksum", "cw_checksum",
                     {{"GROUP", std::to_string(group)},
                      {"WORD", sizeof(TypeParam) == 4 ? "u32" : "u64"}},
                     {groups * group}, {group}, std::uint64_t{n}, the_card->array(words), partial);

    const std::vector<std::uint64_t> sums = partial.read();
    EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}), expected) << n;
  }
}

TEST(Counter, EachLaunchCountsOnce) {
  auto counter = the_card->array(std::vector<std::uint64_t>{41});

  the_card->launch("counter", "cw_counter", {{"GROUP", "32"}}, {3 * group}, {group}, counter);

  EXPECT_EQ(counter.read(), std::vector<std::uint64_t>{42});
}

TEST(Dialect, EveryKernelBuildsWithTheDefinesOfCards) {
  if (the_card->emulated()) GTEST_SKIP() << "the emulator needs minutes for this";
  for (const std::string& kernel : kernel_names(CARDWISE_KERNELS)) {
    const std::vector<Defines> variants = card_variants(kernel);
    for (const Defines& defines : {variants.front(), variants.back()})
      EXPECT_NO_THROW(the_card->build(CARDWISE_KERNELS "/" + kernel + ".cl", defines))
          << kernel << " " << label(defines);
  }
}

}  // namespace
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
