// SPDX-License-Identifier: Apache-2.0
// Kernels over arrays against plain loops: exact, at sizes that fit and sizes that do not.
#include "kernels_test.hpp"

namespace cardwise::kernel_tests {
namespace {

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

}  // namespace
}  // namespace cardwise::kernel_tests
