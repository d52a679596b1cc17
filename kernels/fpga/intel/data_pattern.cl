// SPDX-License-Identifier: Apache-2.0
// out[i] = cw_mix(seed, i): random words for copies and exchanges; n counts words of 8 bytes

TASK void ENTRY(data_pattern)(const u64 n, const u64 seed, OUTPUT(u64) out) {
  const u64 packs = n / LANES;
#pragma unroll UNROLL
  for (u64 p = 0; p < packs; ++p) {
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) out[p * LANES + l] = cw_mix(seed, p * LANES + l);
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) out[i] = cw_mix(seed, i);
}
