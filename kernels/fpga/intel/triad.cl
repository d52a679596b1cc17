// SPDX-License-Identifier: Apache-2.0
// a[i] = b[i] + s * c[i]
// Through a chunk on the chip: bursts of c, then of b, then of a.

TASK void ENTRY(triad)(const u64 n, const REAL s, INPUT(REAL) b, INPUT(REAL) c, OUTPUT(REAL) a) {
  PACK chunk[CHUNK_PACKS];
  const u64 packs = n / LANES;
  for (u64 first = 0; first < packs; first += CHUNK_PACKS) {
    const u32 count = COUNT(first, packs);
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) chunk[p] = IN_PACKS(c)[first + p];
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) {
#pragma unroll
      for (u32 l = 0; l < LANES; ++l)
        chunk[p].v[l] = FMA(s, chunk[p].v[l], IN_PACKS(b)[first + p].v[l]);
    }
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) OUT_PACKS(a)[first + p] = chunk[p];
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) a[i] = FMA(s, c[i], b[i]);
}
