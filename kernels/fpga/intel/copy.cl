// SPDX-License-Identifier: Apache-2.0
// out[i] = in[i]
// Through a chunk on the chip: a burst in, a burst out.

TASK void ENTRY(copy)(const u64 n, INPUT(REAL) in, OUTPUT(REAL) out) {
  REAL chunk[CHUNK];
  const u64 packs = n / LANES;
  for (u64 first = 0; first < packs; first += CHUNK_PACKS) {
    const u32 count = COUNT(first, packs);
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) {
#pragma unroll
      for (u32 l = 0; l < LANES; ++l) chunk[p * LANES + l] = in[(first + p) * LANES + l];
    }
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) {
#pragma unroll
      for (u32 l = 0; l < LANES; ++l) out[(first + p) * LANES + l] = chunk[p * LANES + l];
    }
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) out[i] = in[i];
}
