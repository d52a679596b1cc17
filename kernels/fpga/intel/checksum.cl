// SPDX-License-Identifier: Apache-2.0
// partial[0] = cw_mix(nonce, 0) + sum over i of cw_mix(i, words[i]) mod 2^64
// One partial, the portable kernel's where it is started with one group. Integer adders take one
// cycle, so one sum is enough; the sums of a pack's lanes are a tree.

TASK void ENTRY(checksum)(const u64 n, const u64 nonce, INPUT(WORD) words, OUTPUT(u64) partial) {
  const u64 packs = n / LANES;
  u64 sum = 0;
#pragma unroll UNROLL
  for (u64 p = 0; p < packs; ++p) {
    u64 pack = 0;
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) pack += cw_mix(p * LANES + l, words[p * LANES + l]);
    sum += pack;
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) sum += cw_mix(i, words[i]);
  partial[0] = sum + cw_mix(nonce, 0);
}
