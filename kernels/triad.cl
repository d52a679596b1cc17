// SPDX-License-Identifier: Apache-2.0
// a[i] = b[i] + s * c[i]
// Range: ceil(n / WIDTH) work-items, rounded up to GROUP; TAIL if WIDTH * GROUP does not divide n.

KERNEL BLOCK(GROUP, 1, 1)
void cw_triad(const index_t n, const REAL s, GLOBAL const PACK* RESTRICT b,
              GLOBAL const PACK* RESTRICT c, GLOBAL PACK* RESTRICT a) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if ((i + 1) * WIDTH > n) {
    for (index_t e = i * WIDTH; e < n; ++e)
      ELEMENTS(a)[e] = FMA(s, CONST_ELEMENTS(c)[e], CONST_ELEMENTS(b)[e]);
    return;
  }
#endif
  const PACK base = b[i];
  const PACK scaled = c[i];
  PACK sum;
#define LANE(l) sum.l = FMA(s, scaled.l, base.l);
  LANES(LANE)
#undef LANE
  a[i] = sum;
}
