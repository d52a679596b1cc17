// SPDX-License-Identifier: Apache-2.0
// The harness's own kernels: pattern, checksum, counter; and that every kernel builds.
#include <algorithm>
#include <numeric>

#include "kernels_test.hpp"

namespace cardwise::kernel_tests {
namespace {

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

TYPED_TEST(Checksums, PartialsLessTheirNoncesAddUpToTheSumOfMixes) {
  constexpr std::size_t groups = 3;
  constexpr std::uint64_t nonce = 91;
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
                     {groups * group}, {group}, std::uint64_t{n}, nonce,
                     the_card->array(words), partial);

    std::vector<std::uint64_t> sums = partial.read();
    for (std::size_t g = 0; g < groups; ++g) sums[g] -= mix(nonce, g);
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
