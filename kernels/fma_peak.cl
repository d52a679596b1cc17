// SPDX-License-Identifier: Apache-2.0
// out[i] = sum over c of x_c, where x_c = (c + 1) * 2^-11 becomes x_c * a + b, iterations * UNROLL
// times: 2 * CHAINS * UNROLL * iterations FLOP an element, WIDTH elements a work-item
// Defines: CHAINS (independent chains, 8), UNROLL (FMAs of a chain between two loop tests, 64).
// Range: any multiple of GROUP. With a = 1, b = 2^-11 every element is exactly
// 2^-11 * (CHAINS * (CHAINS + 1) / 2 + CHAINS * UNROLL * iterations)
// while CHAINS * (CHAINS + UNROLL * iterations) <= 2^24 (f32).
//
// GPUs: WIDTH 1, CHAINS 8, UNROLL 64. CPUs: a chain is a pack of 16 bytes, so that its lanes become
// one vector; 12 of them cover latency times pipes and leave 4 of 16 registers; UNROLL 4, since
// LLVM 15 gives up on fusing the lanes of expressions deeper than about 12 operations.

#ifndef CHAINS
#define CHAINS 8
#endif
#ifndef UNROLL
#define UNROLL 64
#endif

KERNEL BLOCK(GROUP, 1, 1)
void cw_fma_peak(const index_t iterations, const REAL a, const REAL b,
                 GLOBAL PACK* RESTRICT out) {
  const u32 rounds = (u32)iterations;
  PACK x[CHAINS];
#define LANE(l) x[c].l = (REAL)(c + 1) * (REAL)0x1p-11f;
#pragma unroll
  for (int c = 0; c < CHAINS; ++c) { LANES(LANE) }
#undef LANE

#define LANE(l) x[c].l = FMA(x[c].l, a, b);
#pragma unroll 1
  for (u32 round = 0; round < rounds; ++round) {
#pragma unroll
    for (int step = 0; step < UNROLL; ++step) {
#pragma unroll
      for (int c = 0; c < CHAINS; ++c) { LANES(LANE) }
    }
  }
#undef LANE

  PACK sum = x[0];
#define LANE(l) sum.l += x[c].l;
#pragma unroll
  for (int c = 1; c < CHAINS; ++c) { LANES(LANE) }
#undef LANE
  out[GLOBAL_ID(0)] = sum;
}
