// SPDX-License-Identifier: Apache-2.0
// out[y][x] = 8 in[y][x] - (sum of the eight neighbours of in) inside; out's boundary is untouched
//
// The two rows above wait in line buffers on the chip; a pack of the newest row and the packs above
// it enter a window of three rows, one pack ahead of the one that is written. Unlike in the
// stencils' shift register a row takes as many steps as it has packs. The first and last pack of a
// block's row are halo; wider images are several blocks, which overlap by two packs.

#if NX_MAX % LANES || NX_MAX < 3 * LANES
#error "conv2d: LANES must divide NX_MAX, and NX_MAX be three packs at least"
#endif
#define PACKS (NX_MAX / LANES)
#define INNER (NX_MAX - 2 * LANES)

TASK void ENTRY(conv2d)(const u64 nx, const u64 ny, INPUT(REAL) in, OUTPUT(REAL) out) {
#pragma unroll 1
  for (u64 first = 0; first < nx; first += INNER) {
    REAL lines[2][NX_MAX];
    REAL window[3][2 * LANES + 1];  // west neighbour, the pack in the middle, the newest pack
#pragma unroll
    for (u32 i = 0; i < 2 * LANES + 1; ++i) window[0][i] = window[1][i] = window[2][i] = (REAL)0;
    // Packs of this block, from its left halo on; a row's end is pushed out by one step more.
    const u64 left = (nx - first + LANES - 1) / LANES + 1;
    const u32 packs = left < PACKS ? (u32)left : PACKS;
    const u32 steps = left < PACKS ? packs + 1 : PACKS;
#pragma unroll 1
    for (u64 y = 0; y < ny; ++y) {
#pragma unroll 1
      for (u32 p = 0; p < steps; ++p) {
        const u64 x = first + p * LANES - LANES;  // left of column 0 it wraps: no column either
        REAL newest[LANES];
        if (x < nx && x + LANES <= nx) {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l) newest[l] = in[y * nx + x + l];
        } else {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l) newest[l] = x + l < nx ? in[y * nx + x + l] : (REAL)0;
        }
#pragma unroll
        for (u32 l = 0; l <= LANES; ++l) {
          window[0][l] = window[0][l + LANES];
          window[1][l] = window[1][l + LANES];
          window[2][l] = window[2][l + LANES];
        }
#pragma unroll
        for (u32 l = 0; l < LANES; ++l) {
          const bool is_line = p < packs;
          const REAL above = is_line && y > 0 ? lines[1][p * LANES + l] : (REAL)0;
          window[0][LANES + 1 + l] = is_line && y > 1 ? lines[0][p * LANES + l] : (REAL)0;
          window[1][LANES + 1 + l] = above;
          window[2][LANES + 1 + l] = newest[l];
          if (is_line) {
            lines[0][p * LANES + l] = above;
            lines[1][p * LANES + l] = newest[l];
          }
        }

        // The pack in the middle lies a row and a pack behind.
        if (y < 2 || p < 2) continue;
        REAL result[LANES];
#pragma unroll
        for (u32 l = 0; l < LANES; ++l) {
          const REAL sum = (window[0][l] + window[0][l + 1] + window[0][l + 2]) +
                           (window[1][l] + window[1][l + 2]) +
                           (window[2][l] + window[2][l + 1] + window[2][l + 2]);
          result[l] = FMA((REAL)8, window[1][l + 1], -sum);
        }
        const u64 column = x - LANES;
        const u64 at = (y - 1) * nx + column;
        if (column > 0 && column + LANES < nx) {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l) out[at + l] = result[l];
        } else {
#pragma unroll
          for (u32 l = 0; l < LANES; ++l)
            if (column + l > 0 && column + l + 1 < nx) out[at + l] = result[l];
        }
      }
    }
  }
}

#undef PACKS
#undef INNER
