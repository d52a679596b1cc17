// SPDX-License-Identifier: Apache-2.0
// out[i] = in[i]
// Through a chunk on the chip: a burst in, a burst out.

TASK void ENTRY(copy)(const u64 n, INPUT(REAL) in, OUTPUT(REAL) out) {
  PACK chunk[CHUNK_PACKS];
  const u64 packs = n / LANES;
  for (u64 first = 0; first < packs; first += CHUNK_PACKS) {
    const u32 count = COUNT(first, packs);
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) chunk[p] = IN_PACKS(in)[first + p];
#pragma unroll UNROLL
    for (u32 p = 0; p < count; ++p) OUT_PACKS(out)[first + p] = chunk[p];
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) out[i] = in[i];
}
