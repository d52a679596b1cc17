// SPDX-License-Identifier: Apache-2.0
// gemm, fma_peak and the data of the checks, in both types.
#include "kernels_test.hpp"

namespace cardwise::kernel_tests {
namespace {

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
    const auto expected = plain_product(a, b, m, n, k);
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

}  // namespace
}  // namespace cardwise::kernel_tests
