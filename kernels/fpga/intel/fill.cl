// SPDX-License-Identifier: Apache-2.0
// out[i] = value

TASK void ENTRY(fill)(const u64 n, const REAL value, OUTPUT(REAL) out) {
  const u64 packs = n / LANES;
#pragma unroll UNROLL
  for (u64 p = 0; p < packs; ++p) {
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) out[p * LANES + l] = value;
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) out[i] = value;
}
