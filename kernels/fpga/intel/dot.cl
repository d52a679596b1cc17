// SPDX-License-Identifier: Apache-2.0
// partial[0] = sum over i of x[i] * y[i]
// One partial, the portable kernel's where it is started with one group. A floating-point adder
// takes several cycles: SUMS (at least that many) sums take turns in a shift register, so that a
// pack enters in every cycle and none waits for the one before it.

TASK void ENTRY(dot)(const u64 n, INPUT(REAL) x, INPUT(REAL) y, OUTPUT(REAL) partial) {
  REAL sums[SUMS];
#pragma unroll
  for (u32 s = 0; s < SUMS; ++s) sums[s] = (REAL)0;
  const u64 packs = n / LANES;
#pragma unroll 1
  for (u64 p = 0; p < packs; ++p) {
    REAL pack = (REAL)0;
#pragma unroll
    for (u32 l = 0; l < LANES; ++l) pack = FMA(x[p * LANES + l], y[p * LANES + l], pack);
    const REAL sum = sums[0] + pack;
#pragma unroll
    for (u32 s = 0; s + 1 < SUMS; ++s) sums[s] = sums[s + 1];
    sums[SUMS - 1] = sum;
  }
  REAL total = (REAL)0;
#pragma unroll
  for (u32 s = 0; s < SUMS; ++s) total += sums[s];
#pragma unroll 1
  for (u64 i = packs * LANES; i < n; ++i) total = FMA(x[i], y[i], total);
  partial[0] = total;
}
