// SPDX-License-Identifier: Apache-2.0
// v[y][x] = (u[y-1][x] + u[y+1][x] + u[y][x-1] + u[y][x+1]) / 4 inside; v's boundary is untouched
//
// A block of NX_MAX columns runs through a shift register of two rows and a pack, a pack (LANES
// elements) a step: every element is read once, the neighbours are taps at fixed places. The first
// and last pack of a row are halo; wider grids are several blocks, which overlap by two packs.

#if NX_MAX % LANES || NX_MAX < 3 * LANES
#error "stencil2d: LANES must divide NX_MAX, and NX_MAX be three packs at least"
#endif
#define PACKS (NX_MAX / LANES)
#define INNER (NX_MAX - 2 * LANES)

TASK void ENTRY(stencil2d)(const u64 nx, const u64 ny, INPUT(REAL) u, OUTPUT(REAL) v) {
#pragma unroll 1
  for (u64 first = 0; first < nx; first += INNER) {
    REAL window[2 * NX_MAX + LANES];
#pragma unroll
    for (u32 i = 0; i < 2 * NX_MAX + LANES; ++i) window[i] = (REAL)0;
#pragma unroll 1
    for (u64 y = 0; y < ny; ++y) {
#pragma unroll 1
      for (u32 p = 0; p < PACKS; ++p) {
        const u64 x = first + p * LANES - LANES;  // left of column 0 it wraps: no column either
#pragma unroll
        for (u32 i = 0; i < 2 * NX_MAX; ++i) window[i] = window[i + LANES];
        if (x < nx && x + LANES <= nx) {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l) window[2 * NX_MAX + l] = u[y * nx + x + l];
        } else {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l)
            window[2 * NX_MAX + l] = x + l < nx ? u[y * nx + x + l] : (REAL)0;
        }

        // The point in the middle lies a row behind.
        if (y < 2 || p == 0 || p == PACKS - 1) continue;
        REAL result[LANES];
#pragma unroll
        for (u32 l = 0; l < LANES; ++l)
          result[l] = (REAL)0.25f * ((window[l] + window[2 * NX_MAX + l]) +
                                     (window[NX_MAX + l - 1] + window[NX_MAX + l + 1]));
        const u64 at = (y - 1) * nx + x;
        if (x > 0 && x + LANES < nx) {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l) v[at + l] = result[l];
        } else {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l)
            if (x + l > 0 && x + l + 1 < nx) v[at + l] = result[l];
        }
      }
    }
  }
}

#undef PACKS
#undef INNER
