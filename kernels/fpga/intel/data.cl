// SPDX-License-Identifier: Apache-2.0
// out[i] = a function of cw_mix(seed, i): the data that benchmarks read, bit for bit the host's

#define CW_GRID(bits) ((REAL)((int)((u32)((bits) >> 32) % 4095u) - 2047) * (REAL)0x1p-11f)
#define CW_INTEGER(bits) ((REAL)((int)((u32)((bits) >> 32) % 5u) - 2))
#if REAL_IS_DOUBLE
#define CW_UNIFORM(bits) ((REAL)((bits) >> 11) * (REAL)0x1p-52f - (REAL)1)
#else
#define CW_UNIFORM(bits) ((REAL)((bits) >> 40) * (REAL)0x1p-23f - (REAL)1)
#endif

/// k * 2^-11 with |k| < 2^11.
TASK void ENTRY(data_grid)(const u64 n, const u64 seed, OUTPUT(REAL) out) {
  const u64 packs = n / LANES;
#pragma unroll UNROLL
  for (u64 p = 0; p < packs; ++p) {
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) out[p * LANES + l] = CW_GRID(cw_mix(seed, p * LANES + l));
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) out[i] = CW_GRID(cw_mix(seed, i));
}

/// An integer in -2 ... 2.
TASK void ENTRY(data_integer)(const u64 n, const u64 seed, OUTPUT(REAL) out) {
  const u64 packs = n / LANES;
#pragma unroll UNROLL
  for (u64 p = 0; p < packs; ++p) {
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) out[p * LANES + l] = CW_INTEGER(cw_mix(seed, p * LANES + l));
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) out[i] = CW_INTEGER(cw_mix(seed, i));
}

/// Uniform in [-1, 1) on the finest grid that REAL holds exactly there.
TASK void ENTRY(data_uniform)(const u64 n, const u64 seed, OUTPUT(REAL) out) {
  const u64 packs = n / LANES;
#pragma unroll UNROLL
  for (u64 p = 0; p < packs; ++p) {
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) out[p * LANES + l] = CW_UNIFORM(cw_mix(seed, p * LANES + l));
  }
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) out[i] = CW_UNIFORM(cw_mix(seed, i));
}

#undef CW_GRID
#undef CW_INTEGER
#undef CW_UNIFORM
