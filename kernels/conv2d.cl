// SPDX-License-Identifier: Apache-2.0
// out[y][x] = 8 in[y][x] - (sum of the eight neighbours of in) inside; out's boundary is untouched
// Defines: GROUP_X, GROUP_Y, ROWS (rows a work-item walks down), WIDTH (must divide nx).
// Range: x ceil(nx / WIDTH) rounded up to GROUP_X, y ceil((ny - 2) / ROWS) rounded up to GROUP_Y.
// Guards are always there, TAIL is not used: the interior is never a multiple of a group.
//
// With SPAN (CPUs; WIDTH and ROWS are not used) a work-item walks along SPAN elements of one row, in
// a loop without edges that compilers vectorise. Range: x ceil(nx / SPAN), y ny - 2, both rounded up.

#ifdef SPAN
KERNEL BLOCK(GROUP_X, GROUP_Y, 1)
void cw_conv2d(const index_t nx, const index_t ny, GLOBAL const REAL* RESTRICT in,
               GLOBAL REAL* RESTRICT out) {
  const index_t begin = GLOBAL_ID(0) * SPAN;
  const index_t y = GLOBAL_ID(1) + 1;
  if (y + 1 >= ny) return;
  const index_t first = begin > 0 ? begin : 1;
  const index_t end = begin + SPAN + 1 < nx ? begin + SPAN : nx - 1;
  for (index_t i = y * nx + first; i < y * nx + end; ++i) {
    const index_t north = i - nx;
    const index_t south = i + nx;
    const REAL sum = (in[north - 1] + in[north] + in[north + 1]) + (in[i - 1] + in[i + 1]) +
                     (in[south - 1] + in[south] + in[south + 1]);
    out[i] = FMA((REAL)8, in[i], -sum);
  }
}
#else
#define LOAD_ROW(array, y)                                        \
  do {                                                            \
    const index_t row_ = (y) * nx;                                \
    (array)[0] = in[row_ + west];                                 \
    LOAD((array) + 1, (GLOBAL const PACK*)(in + row_ + x));       \
    (array)[WIDTH + 1] = in[row_ + east];                         \
  } while (0)

KERNEL BLOCK(GROUP_X, GROUP_Y, 1)
void cw_conv2d(const index_t nx, const index_t ny, GLOBAL const REAL* RESTRICT in,
               GLOBAL REAL* RESTRICT out) {
  const index_t x = GLOBAL_ID(0) * WIDTH;
  const index_t first = GLOBAL_ID(1) * ROWS + 1;
  if (x + WIDTH <= 1 || x + 1 >= nx || first + 1 >= ny) return;

  // Edge packs read a neighbour inside the array for the lanes that they do not store.
  const index_t west = x > 0 ? x - 1 : x;
  const index_t east = x + WIDTH < nx ? x + WIDTH : x;
  const bool edge = x == 0 || x + WIDTH >= nx;

  REAL above[WIDTH + 2];
  REAL here[WIDTH + 2];
  LOAD_ROW(above, first - 1);
  LOAD_ROW(here, first);
#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    const index_t y = first + r;
    const index_t next = y + 1 < ny ? y + 1 : ny - 1;
    REAL below[WIDTH + 2];
    REAL result[WIDTH];
    LOAD_ROW(below, next);
#pragma unroll
    for (int l = 0; l < WIDTH; ++l) {
      const REAL sum = (above[l] + above[l + 1] + above[l + 2]) + (here[l] + here[l + 2]) +
                       (below[l] + below[l + 1] + below[l + 2]);
      result[l] = FMA((REAL)8, here[l + 1], -sum);
    }
    if (y + 1 < ny) {
      if (!edge) {
        STORE((GLOBAL PACK*)(out + y * nx + x), result);
      } else {
#pragma unroll
        for (int l = 0; l < WIDTH; ++l)
          if (x + l > 0 && x + l + 1 < nx) out[y * nx + x + l] = result[l];
      }
    }
#pragma unroll
    for (int l = 0; l < WIDTH + 2; ++l) {
      above[l] = here[l];
      here[l] = below[l];
    }
  }
}
#endif
