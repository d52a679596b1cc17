// SPDX-License-Identifier: Apache-2.0
// C = A * B, row-major: A is m x k, B is k x n, C is m x n
//
// Defines: TILE_M, TILE_N, TILE_K (a group makes a TILE_M x TILE_N tile of C, TILE_K of k at a
// time), ITEM_M, ITEM_N (a work-item's share of it), WIDTH, RESIDENT (CUDA: groups that share a
// multiprocessor; the compiler keeps to the registers that leaves). With NX = TILE_N / ITEM_N and
// NY = TILE_M / ITEM_M, a group has NX * NY work-items. WIDTH divides ITEM_M, ITEM_N and TILE_K;
// NX * NY divides TILE_M * TILE_K / WIDTH and TILE_N * TILE_K / WIDTH.
// Range: x ceil(n / TILE_N) * NX, y ceil(m / TILE_M) * NY.
// TAIL unless TILE_M divides m, TILE_N n and TILE_K k: guarded, element by element.
//
// How: tiles of A (transposed) and B go through two buffers in local memory; while one is
// multiplied, the next is on its way from global memory in registers. A work-item's rows and
// columns are packs that lie NY and NX packs apart, so that neighbours read neighbouring packs.
//
//                 TILE_M TILE_N TILE_K  ITEM_M ITEM_N  WIDTH RESIDENT
//   GPU, float       128    128     16       8      8      4        1
//   GPU, double      128    128      8       8      8      2        1
//   CPU, float         4     16      8       4     16      4        1   (one work-item a group,
//   CPU, double        4     16      8       4     16      2        1    which also builds fast)
//   emulator           8      8      4       2      2      1        1

#ifndef RESIDENT
#define RESIDENT 1
#endif

#define NX (TILE_N / ITEM_N)
#define NY (TILE_M / ITEM_M)
#define ITEMS (NX * NY)
#define A_PACKS (TILE_M / WIDTH + 1)
#define B_PACKS (TILE_N / WIDTH)
#define A_LOADS (TILE_M * TILE_K / WIDTH / ITEMS)
#define B_LOADS (TILE_N * TILE_K / WIDTH / ITEMS)
#define K_PACKS (TILE_K / WIDTH)

#if ITEM_M % WIDTH || ITEM_N % WIDTH || TILE_K % WIDTH || TILE_M % ITEM_M || TILE_N % ITEM_N
#error "gemm: WIDTH must divide ITEM_M, ITEM_N, TILE_K; the items must divide the tiles"
#endif
#if A_LOADS * WIDTH * ITEMS != TILE_M * TILE_K || B_LOADS * WIDTH * ITEMS != TILE_N * TILE_K
#error "gemm: the work-items of a group must share its tiles evenly"
#endif

// Which part of the tile an item owns. Reads of 16 bytes from banked local memory are fastest
// where 32 successive items form a block of 4 x 8 with pairs of them side by side; the numbers
// are a permutation of the items, so they are right (if pointless) on every card.
#if NX % 8 == 0 && NY % 4 == 0
#define ITEM_X(i) ((((i) >> 1) & 7) + ((i) / 32) % (NX / 8) * 8)
#define ITEM_Y(i) (((i) & 1) + (((i) >> 4) & 1) * 2 + ((i) / 32) / (NX / 8) * 4)
#else
#define ITEM_X(i) ((i) % NX)
#define ITEM_Y(i) ((i) / NX)
#endif

// One pack of A or B from (row, col) of a matrix with `rows` rows of `cols` elements.
#if TAIL
#define FETCH(array, matrix, row, col, rows, cols)                                  \
  do {                                                                              \
    const index_t row_ = (row), col_ = (col);                                       \
    for (int l_ = 0; l_ < WIDTH; ++l_)                                              \
      (array)[l_] = row_ < (rows) && col_ + l_ < (cols)                             \
                        ? (matrix)[row_ * (cols) + col_ + l_]                       \
                        : (REAL)0;                                                  \
  } while (0)
#else
#define FETCH(array, matrix, row, col, rows, cols) \
  LOAD(array, (GLOBAL const PACK*)((matrix) + (row) * (cols) + (col)))
#endif

KERNEL BLOCK_RESIDENT(NX, NY, 1, RESIDENT)
void cw_gemm(const index_t m, const index_t n, const index_t k, GLOBAL const REAL* RESTRICT a,
             GLOBAL const REAL* RESTRICT b, GLOBAL PACK* RESTRICT c) {
  LOCAL PACK a_tile[2][TILE_K][A_PACKS];
  LOCAL PACK b_tile[2][TILE_K][B_PACKS];
  const u32 item = (u32)LOCAL_ID(1) * NX + (u32)LOCAL_ID(0);
  const u32 item_x = ITEM_X(item);
  const u32 item_y = ITEM_Y(item);
  const index_t tile_row = GROUP_ID(1) * TILE_M;
  const index_t tile_col = GROUP_ID(0) * TILE_N;

  PACK sum[ITEM_M][ITEM_N / WIDTH];
#pragma unroll
  for (int i = 0; i < ITEM_M; ++i) {
#pragma unroll
    for (int j = 0; j < ITEM_N / WIDTH; ++j) {
#define LANE(l) sum[i][j].l = (REAL)0;
      LANES(LANE)
#undef LANE
    }
  }

  // Step -1 only fetches, the last step only multiplies.
  REAL a_next[A_LOADS][WIDTH];
  REAL b_next[B_LOADS][WIDTH];
  const index_t steps = (k + TILE_K - 1) / TILE_K;
  u32 buffer = 0;
  for (index_t step = 0; step <= steps; ++step) {
    if (step < steps) {
#pragma unroll
      for (int load = 0; load < A_LOADS; ++load) {
        const u32 pack = item + load * ITEMS;
        FETCH(a_next[load], a, tile_row + pack / K_PACKS,
              step * TILE_K + pack % K_PACKS * WIDTH, m, k);
      }
#pragma unroll
      for (int load = 0; load < B_LOADS; ++load) {
        const u32 pack = item + load * ITEMS;
        FETCH(b_next[load], b, step * TILE_K + pack / B_PACKS,
              tile_col + pack % B_PACKS * WIDTH, k, n);
      }
    }
    if (step > 0) {
#pragma unroll
      for (int kk = 0; kk < TILE_K; ++kk) {
        REAL left[ITEM_M];
        PACK right[ITEM_N / WIDTH];
#pragma unroll
        for (int i = 0; i < ITEM_M / WIDTH; ++i)
          LOAD(left + i * WIDTH, &a_tile[buffer][kk][i * NY + item_y]);
#pragma unroll
        for (int j = 0; j < ITEM_N / WIDTH; ++j) right[j] = b_tile[buffer][kk][j * NX + item_x];
#pragma unroll
        for (int i = 0; i < ITEM_M; ++i) {
#pragma unroll
          for (int j = 0; j < ITEM_N / WIDTH; ++j) {
#define LANE(l) sum[i][j].l = FMA(left[i], right[j].l, sum[i][j].l);
            LANES(LANE)
#undef LANE
          }
        }
      }
      buffer ^= 1;
    }
    if (step < steps) {
#pragma unroll
      for (int load = 0; load < A_LOADS; ++load) {
        const u32 pack = item + load * ITEMS;
        const u32 at = pack % K_PACKS * WIDTH;
#pragma unroll
        for (int l = 0; l < WIDTH; ++l)
          ((LOCAL_POINTER(REAL))a_tile[buffer][at + l])[pack / K_PACKS] = a_next[load][l];
      }
#pragma unroll
      for (int load = 0; load < B_LOADS; ++load) {
        const u32 pack = item + load * ITEMS;
        STORE(&b_tile[buffer][pack / B_PACKS][pack % B_PACKS], b_next[load]);
      }
      BARRIER();
    }
  }

#pragma unroll
  for (int i = 0; i < ITEM_M; ++i) {
    const index_t row = tile_row + (i / WIDTH * NY + item_y) * WIDTH + i % WIDTH;
#pragma unroll
    for (int j = 0; j < ITEM_N / WIDTH; ++j) {
#if TAIL
      const index_t col = tile_col + (j * NX + item_x) * WIDTH;
      REAL lanes[WIDTH];
      LOAD(lanes, &sum[i][j]);
      for (int l = 0; l < WIDTH; ++l)
        if (row < m && col + l < n) ELEMENTS(c)[row * n + col + l] = lanes[l];
#else
      c[row * (n / WIDTH) + tile_col / WIDTH + j * NX + item_x] = sum[i][j];
#endif
    }
  }
}
