// SPDX-License-Identifier: Apache-2.0
// A planted fault: the guard lets one work-item too many through.

KERNEL BLOCK(GROUP, 1, 1)
void cw_planted(const index_t n, GLOBAL u32* RESTRICT out) {
  if (GLOBAL_ID(0) <= n) out[GLOBAL_ID(0)] = 1;
}
