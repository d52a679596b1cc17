// SPDX-License-Identifier: Apache-2.0
// out[i] = in[i]
// Range: ceil(n / WIDTH) work-items, rounded up to GROUP; TAIL if WIDTH * GROUP does not divide n.

KERNEL BLOCK(GROUP, 1, 1)
void cw_copy(const index_t n, GLOBAL const PACK* RESTRICT in, GLOBAL PACK* RESTRICT out) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if ((i + 1) * WIDTH > n) {
    for (index_t e = i * WIDTH; e < n; ++e) ELEMENTS(out)[e] = CONST_ELEMENTS(in)[e];
    return;
  }
#endif
  out[i] = in[i];
}
