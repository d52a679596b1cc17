// SPDX-License-Identifier: Apache-2.0
// y[i] = a * x[i] + y[i]
// Through a chunk on the chip: bursts of x, then of y in, then of y out.

TASK void ENTRY(saxpy)(const u64 n, const REAL a, INPUT(REAL) x, IN_OUT(REAL) y) {
  PACK chunk[CHUNK_PACKS];
  const u64 packs = n / LANES;
  for (u64 first = 0; first < packs; first += CHUNK_PACKS) {
    const u32 count = COUNT(first, packs);
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) chunk[p] = IN_PACKS(x)[first + p];
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) {
#pragma unroll
      for (u32 l = 0; l < LANES; ++l)
        chunk[p].v[l] = FMA(a, chunk[p].v[l], IN_PACKS(y)[first + p].v[l]);
    }
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) OUT_PACKS(y)[first + p] = chunk[p];
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) y[i] = FMA(a, x[i], y[i]);
}
