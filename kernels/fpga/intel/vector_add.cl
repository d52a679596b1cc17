// SPDX-License-Identifier: Apache-2.0
// c[i] = a[i] + b[i]
// Through a chunk on the chip: the memory sees long bursts of one kind, a, then b, then c.

TASK void ENTRY(vector_add)(const u64 n, INPUT(REAL) a, INPUT(REAL) b, OUTPUT(REAL) c) {
  PACK chunk[CHUNK_PACKS];
  const u64 packs = n / LANES;
  for (u64 first = 0; first < packs; first += CHUNK_PACKS) {
    const u32 count = COUNT(first, packs);
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) chunk[p] = IN_PACKS(a)[first + p];
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) {
#pragma unroll
      for (u32 l = 0; l < LANES; ++l) chunk[p].v[l] += IN_PACKS(b)[first + p].v[l];
    }
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) OUT_PACKS(c)[first + p] = chunk[p];
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) c[i] = a[i] + b[i];
}
