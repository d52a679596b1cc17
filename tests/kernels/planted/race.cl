// SPDX-License-Identifier: Apache-2.0
// A planted fault: neighbours read what others write, with no barrier between.

KERNEL BLOCK(GROUP, 1, 1)
void cw_planted(const index_t n, GLOBAL u32* RESTRICT out) {
  LOCAL u32 mine[GROUP];
  mine[LOCAL_ID(0)] = (u32)GLOBAL_ID(0);
  if (GLOBAL_ID(0) < n) out[GLOBAL_ID(0)] = mine[GROUP - 1 - LOCAL_ID(0)];
}
