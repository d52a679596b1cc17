// SPDX-License-Identifier: Apache-2.0
// counter[0] = counter[0] + 1: the empty kernel of the latency family, which leaves a trace
// Range: any; only work-item 0 counts.

KERNEL BLOCK(GROUP, 1, 1)
void cw_counter(GLOBAL u64* RESTRICT counter) {
  if (GLOBAL_ID(0) == 0) counter[0] += 1;
}
