// SPDX-License-Identifier: Apache-2.0
// partial[g] = sum over i of x[i] * y[i], over the packs p with (p / GROUP) % NUM_GROUPS == g
// Range: any number of groups of GROUP (a power of two) work-items, one partial each; TAIL if
// WIDTH * GROUP does not divide n.

KERNEL BLOCK(GROUP, 1, 1)
void cw_dot(const index_t n, GLOBAL const PACK* RESTRICT x, GLOBAL const PACK* RESTRICT y,
            GLOBAL REAL* RESTRICT partial) {
  LOCAL REAL sums[GROUP];
  const index_t me = LOCAL_ID(0);
  REAL sum = (REAL)0;

  // The loop counts groups, not work-items: uniform, so that CPU compilers vectorise its body.
  for (index_t base = GROUP_ID(0) * GROUP; base * WIDTH < n; base += NUM_GROUPS(0) * GROUP) {
    const index_t p = base + me;
#if TAIL
    if ((p + 1) * WIDTH > n) {
      for (index_t e = p * WIDTH; e < n; ++e)
        sum = FMA(CONST_ELEMENTS(x)[e], CONST_ELEMENTS(y)[e], sum);
      continue;
    }
#endif
    const PACK left = x[p];
    const PACK right = y[p];
#define LANE(l) sum = FMA(left.l, right.l, sum);
    LANES(LANE)
#undef LANE
  }

  sums[me] = sum;
  for (index_t step = GROUP / 2; step > 0; step /= 2) {
    BARRIER();
    if (me < step) sums[me] += sums[me + step];
  }
  if (me == 0) partial[GROUP_ID(0)] = sums[0];
}
