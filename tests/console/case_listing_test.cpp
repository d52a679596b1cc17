// SPDX-License-Identifier: Apache-2.0
// `cardwise list`.
#include <gtest/gtest.h>

#include "results/case_listing.hpp"

namespace cardwise {
namespace {

TEST(CaseListing, ShowsKeysWholeWithTheirCost) {
  const std::vector<ListedCase> cases = {
      {.case_id = "0123456789abcdef", .case_key = "latency/submit?backend=cuda&wv=1",
       .seconds = 0.44, .bytes = 0},
      {.case_id = "fedcba9876543210",
       .case_key = "mem/saxpy?backend=cuda&cache=dram&data=grid&dtype=f32&n=268435456"
                   "&variant=portable&wv=1",
       .seconds = 64.3, .bytes = std::uint64_t{2} << 30}};

  EXPECT_EQ(case_listing(cases, "NVIDIA H100", Profile::quick),
            "id                 time  memory  case\n"
            "0123456789abcdef  0.4 s       -  latency/submit?backend=cuda&wv=1\n"
            "fedcba9876543210   64 s   2 GiB  mem/saxpy?backend=cuda&cache=dram&data=grid"
            "&dtype=f32&n=268435456&variant=portable&wv=1\n"
            "\n"
            "2 cases of profile quick on NVIDIA H100: about 1 min 05 s, at most 2 GiB of the card's "
            "memory at once\n"
            "choose: --filter 'saxpy|gemm' (regular expression on key or id; --filter -latency "
            "leaves out), --backend cuda, --profile smoke|standard|full\n");
}

TEST(CaseListing, OfOneCase) {
  const std::vector<ListedCase> cases = {{.case_id = "0", .case_key = "a/b?wv=1"}};

  EXPECT_NE(case_listing(cases, "x", Profile::full).find("1 case of profile full on x"),
            std::string::npos);
}

}  // namespace
}  // namespace cardwise
