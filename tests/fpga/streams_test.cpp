// SPDX-License-Identifier: Apache-2.0
// FPGA kernels over arrays against plain loops: every bit, at sizes that fit and sizes that do not.
#include "fpga_test.hpp"

namespace cardwise::fpga_tests {
namespace {

/// Nothing, less than a pack, broken packs and chunks, whole chunks (of 256, 12 and 7 elements).
std::vector<std::size_t> sizes() {
  if (the_card->slow()) return {1, 3, 20, 263, 1024};
  return {0, 1, 3, 7, 256, 259, 333, 1024, 1027, 2560};
}

/// A buffer of no bytes is an error: one element that no kernel touches.
template <class T>
std::vector<T> at_least_one(std::vector<T> values) {
  if (values.empty()) values.push_back(T{-1});
  return values;
}

template <class T>
class Streams : public testing::Test {};
TYPED_TEST_SUITE(Streams, Reals);

TYPED_TEST(Streams, FillWritesTheValueEverywhere) {
  using T = TypeParam;
  for (const std::string& entry : entries("fill", dtype<T>))
    for (const std::size_t n : sizes()) {
      auto out = the_card->array(at_least_one(poisoned<T>(n)));

      the_card->task(entry, std::uint64_t{n}, T{3}, out);

      EXPECT_EQ(out.read(), at_least_one(std::vector<T>(n, T{3}))) << entry << " " << n;
    }
}

TYPED_TEST(Streams, CopyCopies) {
  using T = TypeParam;
  for (const std::string& entry : entries("copy", dtype<T>))
    for (const std::size_t n : sizes()) {
      const auto values = at_least_one(data<T>(Data::uniform, 1, n));
      auto out = the_card->array(at_least_one(poisoned<T>(n)));

      the_card->task(entry, std::uint64_t{n}, the_card->array(values), out);

      EXPECT_EQ(out.read(), n == 0 ? std::vector<T>{-1} : values) << entry << " " << n;
    }
}

TYPED_TEST(Streams, VectorAddAdds) {
  using T = TypeParam;
  for (const std::string& entry : entries("vector_add", dtype<T>))
    for (const std::size_t n : sizes()) {
      const auto a = at_least_one(data<T>(Data::grid, 1, n));
      const auto b = at_least_one(data<T>(Data::grid, 2, n));
      auto expected = at_least_one(poisoned<T>(n));
      for (std::size_t i = 0; i < n; ++i) expected[i] = a[i] + b[i];
      auto c = the_card->array(at_least_one(poisoned<T>(n)));

      the_card->task(entry, std::uint64_t{n}, the_card->array(a), the_card->array(b), c);

      EXPECT_EQ(c.read(), expected) << entry << " " << n;
    }
}

TYPED_TEST(Streams, SaxpyAddsToY) {
  using T = TypeParam;
  for (const std::string& entry : entries("saxpy", dtype<T>))
    for (const std::size_t n : sizes()) {
      const auto x = at_least_one(data<T>(Data::grid, 1, n));
      auto expected = at_least_one(data<T>(Data::grid, 2, n));
      auto y = the_card->array(expected);
      for (std::size_t i = 0; i < n; ++i) expected[i] += T{-3} * x[i];

      the_card->task(entry, std::uint64_t{n}, T{-3}, the_card->array(x), y);

      EXPECT_EQ(y.read(), expected) << entry << " " << n;
    }
}

TYPED_TEST(Streams, TriadScalesC) {
  using T = TypeParam;
  for (const std::string& entry : entries("triad", dtype<T>))
    for (const std::size_t n : sizes()) {
      const auto b = at_least_one(data<T>(Data::grid, 1, n));
      const auto c = at_least_one(data<T>(Data::grid, 2, n));
      auto expected = at_least_one(poisoned<T>(n));
      for (std::size_t i = 0; i < n; ++i) expected[i] = b[i] + T{3} * c[i];
      auto a = the_card->array(at_least_one(poisoned<T>(n)));

      the_card->task(entry, std::uint64_t{n}, T{3}, the_card->array(b), the_card->array(c), a);

      EXPECT_EQ(a.read(), expected) << entry << " " << n;
    }
}

TYPED_TEST(Streams, DotWritesOnePartialOfAll) {
  using T = TypeParam;
  for (const std::string& entry : entries("dot", dtype<T>))
    for (const std::size_t n : sizes()) {
      const auto x = at_least_one(data<T>(Data::integer, 1, n));
      const auto y = at_least_one(data<T>(Data::integer, 2, n));
      auto expected = poisoned<T>(3);
      expected[0] = 0;
      for (std::size_t i = 0; i < n; ++i) expected[0] += x[i] * y[i];
      auto partial = the_card->array(poisoned<T>(3));

      the_card->task(entry, std::uint64_t{n}, the_card->array(x), the_card->array(y), partial);

      EXPECT_EQ(partial.read(), expected) << entry << " " << n;
    }
}

TYPED_TEST(Streams, DataIsTheHostsBitForBit) {
  using T = TypeParam;
  const std::pair<const char*, Data> kinds[] = {
      {"data_grid", Data::grid}, {"data_integer", Data::integer}, {"data_uniform", Data::uniform}};
  for (const auto& [kernel, kind] : kinds)
    for (const std::string& entry : entries(kernel, dtype<T>))
      for (const std::size_t n : sizes()) {
        const std::uint64_t seed = 0xFEDCBA9876543210;
        auto out = the_card->array(at_least_one(poisoned<T>(n)));

        the_card->task(entry, std::uint64_t{n}, seed, out);

        EXPECT_EQ(out.read(), at_least_one(data<T>(kind, seed, n))) << entry << " " << n;
      }
}

TEST(Words, PatternIsTheHostsMix) {
  for (const std::string& entry : entries("data_pattern", "u64"))
    for (const std::size_t n : sizes()) {
      std::vector<std::uint64_t> expected(std::max<std::size_t>(n, 1), 5);
      auto out = the_card->array(expected);
      for (std::size_t i = 0; i < n; ++i) expected[i] = mix(42, i);

      the_card->task(entry, std::uint64_t{n}, std::uint64_t{42}, out);

      EXPECT_EQ(out.read(), expected) << entry << " " << n;
    }
}

template <class Word>
class Checksums : public testing::Test {};
using WordTypes = testing::Types<std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(Checksums, WordTypes);

TYPED_TEST(Checksums, OnePartialIsTheSumOfMixesAndTheNonces) {
  constexpr std::uint64_t nonce = 91;
  for (const std::string& entry : entries("checksum", sizeof(TypeParam) == 4 ? "u32" : "u64"))
    for (const std::size_t n : sizes()) {
      std::vector<TypeParam> words(std::max<std::size_t>(n, 1));
      for (std::size_t i = 0; i < n; ++i) words[i] = static_cast<TypeParam>(mix(7, i));
      std::vector<std::uint64_t> expected{mix(nonce, 0), 17, 17};
      for (std::size_t i = 0; i < n; ++i) expected[0] += mix(i, words[i]);
      auto partial = the_card->array(std::vector<std::uint64_t>(3, 17));

      the_card->task(entry, std::uint64_t{n}, nonce, the_card->array(words), partial);

      EXPECT_EQ(partial.read(), expected) << entry << " " << n;
    }
}

TEST(Counter, EachLaunchCountsOnce) {
  for (const std::string& entry : entries("counter", "u64")) {
    auto counter = the_card->array(std::vector<std::uint64_t>{41});

    the_card->task(entry, counter);

    EXPECT_EQ(counter.read(), std::vector<std::uint64_t>{42}) << entry;
  }
}

}  // namespace
}  // namespace cardwise::fpga_tests
