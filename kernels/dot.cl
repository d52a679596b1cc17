// SPDX-License-Identifier: Apache-2.0
// partial[g] = sum over i of x[i] * y[i], over the packs p with (p / (GROUP * RUN)) % NUM_GROUPS == g
// Defines: RUN (packs that a work-item takes between two jumps, GROUP apart; 1), SUMS (independent
// sums that it keeps, must divide RUN; 1).
// Range: any number of groups of GROUP (a power of two) work-items, one partial each; TAIL if
// WIDTH * GROUP * RUN does not divide n.
//
// GPUs: RUN 1, SUMS 1: neighbours read neighbouring packs, enough groups hide the latency.
// CPUs: GROUP 1, RUN 1024, SUMS 32, WIDTH 1: a compiler may not reorder a floating-point sum, so
// only separate sums become vector lanes, and a run is contiguous memory for one core.

#ifndef RUN
#define RUN 1
#endif
#ifndef SUMS
#define SUMS 1
#endif

KERNEL BLOCK(GROUP, 1, 1)
void cw_dot(const index_t n, GLOBAL const PACK* RESTRICT x, GLOBAL const PACK* RESTRICT y,
            GLOBAL REAL* RESTRICT partial) {
  LOCAL REAL sums[GROUP];
  const index_t me = LOCAL_ID(0);
  REAL sum[SUMS];
#pragma unroll
  for (int s = 0; s < SUMS; ++s) sum[s] = (REAL)0;

  for (index_t base = GROUP_ID(0) * (GROUP * RUN); base * WIDTH < n;
       base += NUM_GROUPS(0) * (GROUP * RUN)) {
    const index_t first = base + me;
#if TAIL
    if ((first + (RUN - 1) * GROUP + 1) * WIDTH > n) {
      for (int r = 0; r < RUN; ++r) {
        const index_t p = first + r * GROUP;
        for (index_t e = p * WIDTH; e < n && e < (p + 1) * WIDTH; ++e)
          sum[0] = FMA(CONST_ELEMENTS(x)[e], CONST_ELEMENTS(y)[e], sum[0]);
      }
      continue;
    }
#endif
#pragma unroll 1
    for (int r = 0; r < RUN; r += SUMS) {
#pragma unroll
      for (int s = 0; s < SUMS; ++s) {
        const PACK left = x[first + (r + s) * GROUP];
        const PACK right = y[first + (r + s) * GROUP];
#define LANE(l) sum[s] = FMA(left.l, right.l, sum[s]);
        LANES(LANE)
#undef LANE
      }
    }
  }

#pragma unroll
  for (int s = 1; s < SUMS; ++s) sum[0] += sum[s];
  sums[me] = sum[0];
  for (index_t step = GROUP / 2; step > 0; step /= 2) {
    BARRIER();
    if (me < step) sums[me] += sums[me + step];
  }
  if (me == 0) partial[GROUP_ID(0)] = sums[0];
}
