// SPDX-License-Identifier: Apache-2.0
// Short names from case keys.
#include <gtest/gtest.h>

#include "results/case_name.hpp"

namespace cardwise {
namespace {

TEST(CaseName, SaysTypeBytesCacheAndApi) {
  EXPECT_EQ(case_name("mem/saxpy?backend=cuda&cache=dram&data=grid&dtype=f32&n=67108864"
                      "&variant=portable&wv=1"),
            "mem/saxpy f32 256MiB dram cuda");
  EXPECT_EQ(case_name("mem/triad?backend=opencl&cache=hot&dtype=f64&n=512&variant=portable&wv=1"),
            "mem/triad f64 4KiB hot opencl");
}

TEST(CaseName, LeavesOutWhatTheReaderKnows) {
  const char* const key = "mem/fill?backend=cuda&cache=dram&dtype=f32&n=1024&variant=portable&wv=1";

  EXPECT_EQ(case_name(key, {.family = false}), "fill f32 4KiB dram cuda");
  EXPECT_EQ(case_name(key, {.backend = false}), "mem/fill f32 4KiB dram");
}

TEST(CaseName, ShowsGridsAndMatricesByTheirExtents) {
  EXPECT_EQ(case_name("compute/gemm?backend=cuda&dtype=f32&k=8192&m=8192&n=8192&wv=1"),
            "compute/gemm f32 8192 cuda");
  EXPECT_EQ(case_name("compute/gemm?backend=cuda&dtype=f32&k=64&m=128&n=256&wv=1"),
            "compute/gemm f32 128x256x64 cuda");
  EXPECT_EQ(case_name("mem/stencil3d?backend=cuda&cache=dram&dtype=f32&nx=512&ny=512&nz=512&wv=1"),
            "mem/stencil3d f32 512^3 dram cuda");
  EXPECT_EQ(case_name("mem/stencil2d?backend=cuda&cache=hot&dtype=f64&nx=64&ny=32&wv=1"),
            "mem/stencil2d f64 64x32 hot cuda");
}

TEST(CaseName, ShowsCopiesPhasesPathsAndOtherParameters) {
  EXPECT_EQ(case_name("copy/h2d?backend=cuda&bytes=268435456&cards=all&mem=pinned&wv=1"),
            "copy/h2d 256MiB cards=all pinned cuda");
  EXPECT_EQ(case_name("api/phases?backend=opencl&phase=compile_cold&wv=1"),
            "api/phases compile_cold opencl");
  EXPECT_EQ(case_name("latency/roundtrip?backend=cuda&wait=spin&wv=1"),
            "latency/roundtrip wait=spin cuda");
  EXPECT_EQ(case_name("mem/dot?backend=cuda&dtype=f32&n=1024&variant=sm_90&wv=1"),
            "mem/dot f32 4KiB sm_90 cuda");
}

TEST(CaseName, ShowsRanksOnlyWhereTheyTellCasesApart) {
  EXPECT_EQ(case_name("exchange/pingpong?backend=cuda&bytes=8&path=staged&ranks=4&rpn=2&wv=1"),
            "exchange/pingpong 8B staged cuda");
  EXPECT_EQ(case_name("mem/copy?backend=cuda&dtype=f32&n=1024&ranks=4&rpn=2&scaling=weak&wv=1"),
            "mem/copy f32 4KiB ranks=4 weak cuda");
}

TEST(CaseName, NeverRoundsASize) {
  EXPECT_EQ(case_name("copy/d2h?backend=cuda&bytes=1234567&wv=1"), "copy/d2h 1234567B cuda");
}

TEST(CaseName, GivesBackWhatIsNoKeyOnOneLine) {
  EXPECT_EQ(case_name("something\x1b[31m\nelse"), "something [31m");
  EXPECT_EQ(case_name("mem/copy?broken"), "mem/copy?broken");
  EXPECT_EQ(case_name("mem/copy"), "mem/copy");
}

TEST(CaseNames, TwoCasesNeverShareAName) {
  std::vector<CaseRow> rows(3);
  rows[0].case_key = "mem/copy?backend=cuda&data=grid&dtype=f32&n=1024&wv=1";
  rows[1].case_key = "mem/copy?backend=cuda&data=uniform&dtype=f32&n=1024&wv=1";
  rows[2].case_key = "mem/fill?backend=cuda&data=grid&dtype=f32&n=1024&wv=1";

  EXPECT_EQ(case_names(rows), (std::vector<std::string>{rows[0].case_key, rows[1].case_key,
                                                        "mem/fill f32 4KiB cuda"}));
}

}  // namespace
}  // namespace cardwise
