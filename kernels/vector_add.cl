// SPDX-License-Identifier: Apache-2.0
// c[i] = a[i] + b[i]
// Range: ceil(n / WIDTH) work-items, rounded up to GROUP; TAIL if WIDTH * GROUP does not divide n.

KERNEL BLOCK(GROUP, 1, 1)
void cw_vector_add(const index_t n, GLOBAL const PACK* RESTRICT a, GLOBAL const PACK* RESTRICT b,
                   GLOBAL PACK* RESTRICT c) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if ((i + 1) * WIDTH > n) {
    for (index_t e = i * WIDTH; e < n; ++e)
      ELEMENTS(c)[e] = CONST_ELEMENTS(a)[e] + CONST_ELEMENTS(b)[e];
    return;
  }
#endif
  const PACK left = a[i];
  const PACK right = b[i];
  PACK sum;
#define LANE(l) sum.l = left.l + right.l;
  LANES(LANE)
#undef LANE
  c[i] = sum;
}
