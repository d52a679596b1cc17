// SPDX-License-Identifier: Apache-2.0
// out[i] = sum over c of x_c, where x_c = (c + 1) * 2^-11 becomes x_c * a + b, iterations * UNROLL
// times: 2 * CHAINS * UNROLL * iterations FLOP a work-item
// Defines: CHAINS (independent chains, 8), UNROLL (FMAs of a chain between two loop tests, 64).
// Range: any multiple of GROUP. With a = 1, b = 2^-11 every lane is exactly
// 2^-11 * (CHAINS * (CHAINS + 1) / 2 + CHAINS * UNROLL * iterations)
// while CHAINS * (CHAINS + UNROLL * iterations) <= 2^24 (f32).

#ifndef CHAINS
#define CHAINS 8
#endif
#ifndef UNROLL
#define UNROLL 64
#endif

KERNEL BLOCK(GROUP, 1, 1)
void cw_fma_peak(const index_t iterations, const REAL a, const REAL b,
                 GLOBAL REAL* RESTRICT out) {
  const u32 rounds = (u32)iterations;
  REAL x[CHAINS];
#pragma unroll
  for (int c = 0; c < CHAINS; ++c) x[c] = (REAL)(c + 1) * (REAL)0x1p-11f;

#pragma unroll 1
  for (u32 round = 0; round < rounds; ++round) {
#pragma unroll
    for (int step = 0; step < UNROLL; ++step) {
#pragma unroll
      for (int c = 0; c < CHAINS; ++c) x[c] = FMA(x[c], a, b);
    }
  }

  REAL sum = x[0];
#pragma unroll
  for (int c = 1; c < CHAINS; ++c) sum += x[c];
  out[GLOBAL_ID(0)] = sum;
}
