// SPDX-License-Identifier: Apache-2.0
// Freivalds' check accepts right products and finds a single wrong element, in both types.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "run/freivalds.hpp"

namespace cardwise {
namespace {

constexpr ProductShape shape{.m = 17, .n = 13, .k = 29};

template <class Real>
struct Matrices {
  explicit Matrices(Data data) {
    constexpr bool f32 = sizeof(Real) == 4;
    a = {.data = data, .seed = 11, .is_f32 = f32};
    b = {.data = data, .seed = 12, .is_f32 = f32};
    c.resize(shape.m * shape.n);
    for (std::uint64_t i = 0; i < shape.m; ++i)
      for (std::uint64_t j = 0; j < shape.n; ++j) {
        Real sum = 0;
        for (std::uint64_t p = 0; p < shape.k; ++p)
          sum = std::fma(Real(a(i * shape.k + p)), Real(b(p * shape.n + j)), sum);
        c[i * shape.n + j] = sum;
      }
  }
  std::optional<ProductMismatch> check(std::uint64_t seed = 5) const {
    const ProductReference reference = product_reference(shape, a, b, seed, 2);
    return check_product(shape, c.data(), a.is_f32, reference, seed, 2);
  }
  std::optional<ProductMismatch> check_integers() const {
    return check_integer_product(shape, c.data(), a.is_f32, a, b, 5, 2);
  }
  Initial a, b;
  std::vector<Real> c;
};

template <class Real>
class Freivalds : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Freivalds, Reals);

TYPED_TEST(Freivalds, AcceptsARightProductForEveryVector) {
  const Matrices<TypeParam> right(Data::uniform);
  for (std::uint64_t seed = 0; seed < 50; ++seed) EXPECT_FALSE(right.check(seed)) << seed;
  EXPECT_FALSE(Matrices<TypeParam>(Data::integer).check_integers());
}

TYPED_TEST(Freivalds, FindsASingleWrongElementAnywhere) {
  for (const std::uint64_t at : {std::uint64_t{0}, shape.m * shape.n - 1, shape.n * 8 + 3}) {
    Matrices<TypeParam> wrong(Data::uniform);
    wrong.c[at] += TypeParam(0.01);
    const std::optional<ProductMismatch> found = wrong.check();

    ASSERT_TRUE(found) << at;
    EXPECT_EQ(found->row, at / shape.n);
    EXPECT_EQ(found->rows, 1u);
    EXPECT_NEAR(std::abs(found->found - found->expected), 0.01, 1e-4);
  }
}

TYPED_TEST(Freivalds, FindsNaN) {
  Matrices<TypeParam> wrong(Data::uniform);
  wrong.c[20] = std::numeric_limits<TypeParam>::quiet_NaN();
  const auto found = wrong.check();

  ASSERT_TRUE(found);
  EXPECT_EQ(found->row, 1u);
}

TYPED_TEST(Freivalds, IntegersFindWhatRoundingBoundsHide) {
  const auto planted = [](TypeParam change) {
    Matrices<TypeParam> wrong(Data::integer);
    wrong.c[30] += change;
    return wrong.check_integers();
  };
  ASSERT_TRUE(planted(1));
  EXPECT_EQ(planted(1)->row, 2u);
  EXPECT_TRUE(planted(TypeParam(0.5)));
  EXPECT_TRUE(planted(std::numeric_limits<TypeParam>::quiet_NaN()));
  EXPECT_TRUE(planted(std::numeric_limits<TypeParam>::infinity()));
}

TYPED_TEST(Freivalds, IntegersFindASwappedPair) {
  Matrices<TypeParam> wrong(Data::integer);
  std::size_t at = 0;
  while (wrong.c[at] == wrong.c[at + 1]) ++at;
  std::swap(wrong.c[at], wrong.c[at + 1]);

  EXPECT_TRUE(wrong.check_integers());
}

}  // namespace
}  // namespace cardwise
