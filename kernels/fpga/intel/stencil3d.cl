// SPDX-License-Identifier: Apache-2.0
// v = u / 2 + (sum of the six neighbours of u) / 16 inside; v's boundary is untouched
// Index (z * ny + y) * nx + x.
//
// A column of NX_MAX_3D x NY_MAX_3D points runs through a shift register of two planes and a pack,
// a pack a step. Of a plane the first and last row, of a row the first and last pack are halo;
// larger boxes are several columns, which overlap by them.

#if NX_MAX_3D % LANES || NX_MAX_3D < 3 * LANES || NY_MAX_3D < 3
#error "stencil3d: LANES must divide NX_MAX_3D, which is three packs at least; NY_MAX_3D three rows"
#endif
#define PACKS (NX_MAX_3D / LANES)
#define INNER (NX_MAX_3D - 2 * LANES)
#define PLANE (NX_MAX_3D * NY_MAX_3D)

TASK void ENTRY(stencil3d)(const u64 nx, const u64 ny, const u64 nz, INPUT(REAL) u,
                           OUTPUT(REAL) v) {
#pragma unroll 1
  for (u64 top = 0; top + 2 < ny; top += NY_MAX_3D - 2) {
#pragma unroll 1
    for (u64 first = 0; first < nx; first += INNER) {
      REAL window[2 * PLANE + LANES];
#pragma unroll
      for (u32 i = 0; i < 2 * PLANE + LANES; ++i) window[i] = (REAL)0;
#pragma unroll 1
      for (u64 z = 0; z < nz; ++z) {
#pragma unroll 1
        for (u32 r = 0; r < NY_MAX_3D; ++r) {
          const u64 y = top + r;
#pragma unroll 1
          for (u32 p = 0; p < PACKS; ++p) {
            const u64 x = first + p * LANES - LANES;  // left of column 0 it wraps: no column either
            const u64 from = (z * ny + y) * nx + x;
#pragma unroll
            for (u32 i = 0; i < 2 * PLANE; ++i) window[i] = window[i + LANES];
            if (y < ny && x < nx && x + LANES <= nx) {
#pragma unroll
              for (u32 l = 0; l < LANES; ++l) window[2 * PLANE + l] = u[from + l];
            } else {
#pragma unroll
              for (u32 l = 0; l < LANES; ++l)
                window[2 * PLANE + l] = y < ny && x + l < nx ? u[from + l] : (REAL)0;
            }

            // The point in the middle lies a plane behind.
            if (z < 2 || r == 0 || r == NY_MAX_3D - 1 || y + 1 >= ny) continue;
            if (p == 0 || p == PACKS - 1) continue;
            REAL result[LANES];
#pragma unroll
            for (u32 l = 0; l < LANES; ++l) {
              const u32 here = PLANE + l;
              const REAL sum = (window[here - NX_MAX_3D] + window[here + NX_MAX_3D]) +
                               (window[here - 1] + window[here + 1]) +
                               (window[l] + window[2 * PLANE + l]);
              result[l] = FMA((REAL)0.0625f, sum, (REAL)0.5f * window[here]);
            }
            const u64 at = from - ny * nx;
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
  }
}

#undef PACKS
#undef INNER
#undef PLANE
