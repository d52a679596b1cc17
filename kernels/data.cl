// SPDX-License-Identifier: Apache-2.0
// out[i] = a function of cw_mix(seed, i): the data that benchmarks read, bit for bit the host's
// Range: n work-items, rounded up to GROUP; TAIL if GROUP does not divide n. WIDTH is not used.

/// k * 2^-11 with |k| < 2^11.
KERNEL BLOCK(GROUP, 1, 1)
void cw_data_grid(const index_t n, const u64 seed, GLOBAL REAL* RESTRICT out) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if (i >= n) return;
#endif
  const u32 bits = (u32)(cw_mix(seed, i) >> 32);
  out[i] = (REAL)((int)(bits % 4095u) - 2047) * (REAL)0x1p-11f;
}

/// An integer in -2 ... 2.
KERNEL BLOCK(GROUP, 1, 1)
void cw_data_integer(const index_t n, const u64 seed, GLOBAL REAL* RESTRICT out) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if (i >= n) return;
#endif
  const u32 bits = (u32)(cw_mix(seed, i) >> 32);
  out[i] = (REAL)((int)(bits % 5u) - 2);
}

/// Uniform in [-1, 1) on the finest grid that REAL holds exactly there.
KERNEL BLOCK(GROUP, 1, 1)
void cw_data_uniform(const index_t n, const u64 seed, GLOBAL REAL* RESTRICT out) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if (i >= n) return;
#endif
#if REAL_IS_DOUBLE
  out[i] = (REAL)(cw_mix(seed, i) >> 11) * (REAL)0x1p-52f - (REAL)1;
#else
  out[i] = (REAL)(cw_mix(seed, i) >> 40) * (REAL)0x1p-23f - (REAL)1;
#endif
}

/// Random words: what copies and exchanges carry. n counts words of 8 bytes.
KERNEL BLOCK(GROUP, 1, 1)
void cw_data_pattern(const index_t n, const u64 seed, GLOBAL u64* RESTRICT out) {
  const index_t i = GLOBAL_ID(0);
#if TAIL
  if (i >= n) return;
#endif
  out[i] = cw_mix(seed, i);
}
