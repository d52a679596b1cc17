// SPDX-License-Identifier: Apache-2.0
// y[i] = a * x[i] + y[i]
// Range: ceil(n / WIDTH) work-items, rounded up to GROUP; TAIL if WIDTH * GROUP does not divide n.

KERNEL BLOCK(GROUP, 1, 1)
void cw_saxpy(const index_t n, const REAL a, GLOBAL const PACK* RESTRICT x,
              GLOBAL PACK* RESTRICT y) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if ((i + 1) * WIDTH > n) {
    for (index_t e = i * WIDTH; e < n; ++e)
      ELEMENTS(y)[e] = FMA(a, CONST_ELEMENTS(x)[e], ELEMENTS(y)[e]);
    return;
  }
#endif
  const PACK added = x[i];
  PACK sum = y[i];
#define LANE(l) sum.l = FMA(a, added.l, sum.l);
  LANES(LANE)
#undef LANE
  y[i] = sum;
}
