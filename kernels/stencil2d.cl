// SPDX-License-Identifier: Apache-2.0
// v[y][x] = (u[y-1][x] + u[y+1][x] + u[y][x-1] + u[y][x+1]) / 4 inside; v's boundary is untouched
// Defines: GROUP_X, GROUP_Y, ROWS (rows a work-item walks down), WIDTH (must divide nx).
// Range: x ceil(nx / WIDTH) rounded up to GROUP_X, y ceil((ny - 2) / ROWS) rounded up to GROUP_Y.
// Guards are always there, TAIL is not used: the interior is never a multiple of a group.
//
// With SPAN (CPUs; WIDTH and ROWS are not used) a work-item walks along SPAN elements of one row, in
// a loop without edges that compilers vectorise. Range: x ceil(nx / SPAN), y ny - 2, both rounded up.

#ifdef SPAN
KERNEL BLOCK(GROUP_X, GROUP_Y, 1)
void cw_stencil2d(const index_t nx, const index_t ny, GLOBAL const REAL* RESTRICT u,
                  GLOBAL REAL* RESTRICT v) {
  const index_t begin = GLOBAL_ID(0) * SPAN;
  const index_t y = GLOBAL_ID(1) + 1;
  if (y + 1 >= ny) return;
  const index_t first = begin > 0 ? begin : 1;
  const index_t end = begin + SPAN + 1 < nx ? begin + SPAN : nx - 1;
  for (index_t i = y * nx + first; i < y * nx + end; ++i)
    v[i] = (REAL)0.25f * ((u[i - nx] + u[i + nx]) + (u[i - 1] + u[i + 1]));
}
#else
KERNEL BLOCK(GROUP_X, GROUP_Y, 1)
void cw_stencil2d(const index_t nx, const index_t ny, GLOBAL const REAL* RESTRICT u,
                  GLOBAL REAL* RESTRICT v) {
  const index_t x = GLOBAL_ID(0) * WIDTH;
  const index_t first = GLOBAL_ID(1) * ROWS + 1;
  if (x + WIDTH <= 1 || x + 1 >= nx || first + 1 >= ny) return;

  // Edge packs read a neighbour inside the array for the lanes that they do not store.
  const index_t west = x > 0 ? x - 1 : x;
  const index_t east = x + WIDTH < nx ? x + WIDTH : x;
  const bool edge = x == 0 || x + WIDTH >= nx;

  REAL above[WIDTH];
  REAL here[WIDTH + 2];
  LOAD(above, (GLOBAL const PACK*)(u + (first - 1) * nx + x));
  LOAD(here + 1, (GLOBAL const PACK*)(u + first * nx + x));
#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    const index_t y = first + r;
    const index_t next = y + 1 < ny ? y + 1 : ny - 1;
    const index_t row = next - 1;
    REAL below[WIDTH];
    REAL result[WIDTH];
    LOAD(below, (GLOBAL const PACK*)(u + next * nx + x));
    here[0] = u[row * nx + west];
    here[WIDTH + 1] = u[row * nx + east];
#pragma unroll
    for (int l = 0; l < WIDTH; ++l)
      result[l] = (REAL)0.25f * ((above[l] + below[l]) + (here[l] + here[l + 2]));
    if (y + 1 < ny) {
      if (!edge) {
        STORE((GLOBAL PACK*)(v + y * nx + x), result);
      } else {
#pragma unroll
        for (int l = 0; l < WIDTH; ++l)
          if (x + l > 0 && x + l + 1 < nx) v[y * nx + x + l] = result[l];
      }
    }
#pragma unroll
    for (int l = 0; l < WIDTH; ++l) {
      above[l] = here[l + 1];
      here[l + 1] = below[l];
    }
  }
}
#endif
