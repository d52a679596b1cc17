// SPDX-License-Identifier: Apache-2.0
// out[i] = value
// Range: ceil(n / WIDTH) work-items, rounded up to GROUP; TAIL if WIDTH * GROUP does not divide n.

KERNEL BLOCK(GROUP, 1, 1)
void cw_fill(const index_t n, const REAL value, GLOBAL PACK* RESTRICT out) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if ((i + 1) * WIDTH > n) {
    for (index_t e = i * WIDTH; e < n; ++e) ELEMENTS(out)[e] = value;
    return;
  }
#endif
  PACK filled;
#define LANE(l) filled.l = value;
  LANES(LANE)
#undef LANE
  out[i] = filled;
}
