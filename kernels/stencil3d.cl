// SPDX-License-Identifier: Apache-2.0
// v = u / 2 + (sum of the six neighbours of u) / 16 inside; v's boundary is untouched
// Defines: GROUP_X, GROUP_Y, ROWS (planes a work-item walks up), WIDTH (must divide nx).
// Index (z * ny + y) * nx + x. Range: x ceil(nx / WIDTH) rounded up to GROUP_X, y ny - 2 rounded
// up to GROUP_Y, z ceil((nz - 2) / ROWS). Guards are always there, TAIL is not used.
//
// With SPAN (CPUs; WIDTH and ROWS are not used) a work-item walks along SPAN elements of one row, in
// a loop without edges that compilers vectorise. Range: x ceil(nx / SPAN), y ny - 2, z nz - 2.

#ifdef SPAN
KERNEL BLOCK(GROUP_X, GROUP_Y, 1)
void cw_stencil3d(const index_t nx, const index_t ny, const index_t nz,
                  GLOBAL const REAL* RESTRICT u, GLOBAL REAL* RESTRICT v) {
  const index_t begin = GLOBAL_ID(0) * SPAN;
  const index_t y = GLOBAL_ID(1) + 1;
  const index_t z = GLOBAL_ID(2) + 1;
  if (y + 1 >= ny || z + 1 >= nz) return;
  const index_t first = begin > 0 ? begin : 1;
  const index_t end = begin + SPAN + 1 < nx ? begin + SPAN : nx - 1;
  const index_t plane = nx * ny;
  const index_t line = (z * ny + y) * nx;
  for (index_t i = line + first; i < line + end; ++i) {
    const REAL sum =
        (u[i - nx] + u[i + nx]) + (u[i - 1] + u[i + 1]) + (u[i - plane] + u[i + plane]);
    v[i] = FMA((REAL)0.0625f, sum, (REAL)0.5f * u[i]);
  }
}
#else
KERNEL BLOCK(GROUP_X, GROUP_Y, 1)
void cw_stencil3d(const index_t nx, const index_t ny, const index_t nz,
                  GLOBAL const REAL* RESTRICT u, GLOBAL REAL* RESTRICT v) {
  const index_t x = GLOBAL_ID(0) * WIDTH;
  const index_t y = GLOBAL_ID(1) + 1;
  const index_t first = GLOBAL_ID(2) * ROWS + 1;
  if (x + WIDTH <= 1 || x + 1 >= nx || y + 1 >= ny || first + 1 >= nz) return;

  // Edge packs read a neighbour inside the array for the lanes that they do not store.
  const index_t west = x > 0 ? x - 1 : x;
  const index_t east = x + WIDTH < nx ? x + WIDTH : x;
  const bool edge = x == 0 || x + WIDTH >= nx;

  const index_t plane = nx * ny;
  const index_t line = y * nx;
  REAL under[WIDTH];
  REAL here[WIDTH + 2];
  LOAD(under, (GLOBAL const PACK*)(u + (first - 1) * plane + line + x));
  LOAD(here + 1, (GLOBAL const PACK*)(u + first * plane + line + x));
#pragma unroll
  for (int r = 0; r < ROWS; ++r) {
    const index_t z = first + r;
    const index_t next = z + 1 < nz ? z + 1 : nz - 1;
    const index_t at = (next - 1) * plane + line;
    REAL over[WIDTH];
    REAL north[WIDTH];
    REAL south[WIDTH];
    REAL result[WIDTH];
    LOAD(over, (GLOBAL const PACK*)(u + at + plane + x));
    LOAD(north, (GLOBAL const PACK*)(u + at - nx + x));
    LOAD(south, (GLOBAL const PACK*)(u + at + nx + x));
    here[0] = u[at + west];
    here[WIDTH + 1] = u[at + east];
#pragma unroll
    for (int l = 0; l < WIDTH; ++l) {
      const REAL sum = (north[l] + south[l]) + (here[l] + here[l + 2]) + (under[l] + over[l]);
      result[l] = FMA((REAL)0.0625f, sum, (REAL)0.5f * here[l + 1]);
    }
    if (z + 1 < nz) {
      if (!edge) {
        STORE((GLOBAL PACK*)(v + z * plane + line + x), result);
      } else {
#pragma unroll
        for (int l = 0; l < WIDTH; ++l)
          if (x + l > 0 && x + l + 1 < nx) v[z * plane + line + x + l] = result[l];
      }
    }
#pragma unroll
    for (int l = 0; l < WIDTH; ++l) {
      under[l] = here[l + 1];
      here[l + 1] = over[l];
    }
  }
}
#endif
