// SPDX-License-Identifier: Apache-2.0
// C = A * B, row-major: A is m x k, B is k x n, C is m x n
//
// Blocks of GEMM_BLOCK x GEMM_BLOCK lie in the chip's memories, tiles of GEMM_TILE x GEMM_TILE in
// registers. For each k of a block every tile of C gets an outer product, so its next sum comes
// (GEMM_BLOCK / GEMM_TILE)^2 steps later, far longer than an adder takes: a tile a cycle, which is
// 2 * GEMM_TILE^2 FLOP. What lies beyond the matrices is zero and is not written.

#if GEMM_BLOCK % GEMM_TILE || GEMM_BLOCK % LANES
#error "gemm: GEMM_TILE and LANES must divide GEMM_BLOCK"
#endif
#define TILES (GEMM_BLOCK / GEMM_TILE)
#define BLOCK_PACKS (GEMM_BLOCK / LANES)

TASK void ENTRY(gemm)(const u64 m, const u64 n, const u64 k, INPUT(REAL) a, INPUT(REAL) b,
                      OUTPUT(REAL) c) {
  REAL a_block[TILES][GEMM_TILE][GEMM_BLOCK];        // tile, row in it, k
  REAL b_block[GEMM_BLOCK][TILES][GEMM_TILE];        // k, tile, column in it
  REAL c_block[TILES * TILES][GEMM_TILE][GEMM_TILE]; // tile, row in it, column in it
#pragma unroll 1
  for (u64 i0 = 0; i0 < m; i0 += GEMM_BLOCK) {
#pragma unroll 1
    for (u64 j0 = 0; j0 < n; j0 += GEMM_BLOCK) {
#pragma unroll 1
      for (u32 t = 0; t < TILES * TILES; ++t) {
#pragma unroll
        for (u32 i = 0; i < GEMM_TILE; ++i) {
#pragma unroll
          for (u32 j = 0; j < GEMM_TILE; ++j) c_block[t][i][j] = (REAL)0;
        }
      }
#pragma unroll 1
      for (u64 k0 = 0; k0 < k; k0 += GEMM_BLOCK) {
#pragma unroll 1
        for (u32 r = 0; r < GEMM_BLOCK; ++r) {
#pragma unroll 1
          for (u32 p = 0; p < BLOCK_PACKS; ++p) {
            const u64 row = i0 + r, col = k0 + p * LANES;
            REAL pack[LANES];
            if (row < m && col + LANES <= k) {
#pragma unroll
              for (u32 l = 0; l < LANES; ++l) pack[l] = a[row * k + col + l];
            } else {
#pragma unroll
              for (u32 l = 0; l < LANES; ++l)
                pack[l] = row < m && col + l < k ? a[row * k + col + l] : (REAL)0;
            }
#pragma unroll
            for (u32 l = 0; l < LANES; ++l)
              a_block[r / GEMM_TILE][r % GEMM_TILE][p * LANES + l] = pack[l];
          }
        }
#pragma unroll 1
        for (u32 r = 0; r < GEMM_BLOCK; ++r) {
#pragma unroll 1
          for (u32 p = 0; p < BLOCK_PACKS; ++p) {
            const u64 row = k0 + r, col = j0 + p * LANES;
            REAL pack[LANES];
            if (row < k && col + LANES <= n) {
#pragma unroll
              for (u32 l = 0; l < LANES; ++l) pack[l] = b[row * n + col + l];
            } else {
#pragma unroll
              for (u32 l = 0; l < LANES; ++l)
                pack[l] = row < k && col + l < n ? b[row * n + col + l] : (REAL)0;
            }
#pragma unroll
            for (u32 l = 0; l < LANES; ++l)
              b_block[r][(p * LANES + l) / GEMM_TILE][(p * LANES + l) % GEMM_TILE] = pack[l];
          }
        }
#pragma unroll 1
        for (u32 kk = 0; kk < GEMM_BLOCK; ++kk) {
#pragma ivdep
#pragma unroll 1
          for (u32 t = 0; t < TILES * TILES; ++t) {
            REAL left[GEMM_TILE], right[GEMM_TILE];
#pragma unroll
            for (u32 i = 0; i < GEMM_TILE; ++i) left[i] = a_block[t / TILES][i][kk];
#pragma unroll
            for (u32 j = 0; j < GEMM_TILE; ++j) right[j] = b_block[kk][t % TILES][j];
#pragma unroll
            for (u32 i = 0; i < GEMM_TILE; ++i) {
#pragma unroll
              for (u32 j = 0; j < GEMM_TILE; ++j)
                c_block[t][i][j] = FMA(left[i], right[j], c_block[t][i][j]);
            }
          }
        }
      }
#pragma unroll 1
      for (u32 r = 0; r < GEMM_BLOCK; ++r) {
#pragma unroll 1
        for (u32 p = 0; p < BLOCK_PACKS; ++p) {
          const u64 row = i0 + r, col = j0 + p * LANES;
          REAL pack[LANES];
#pragma unroll
          for (u32 l = 0; l < LANES; ++l)
            pack[l] = c_block[r / GEMM_TILE * TILES + (p * LANES + l) / GEMM_TILE][r % GEMM_TILE]
                             [(p * LANES + l) % GEMM_TILE];
          if (row < m && col + LANES <= n) {
#pragma unroll
            for (u32 l = 0; l < LANES; ++l) c[row * n + col + l] = pack[l];
          } else {
#pragma unroll
            for (u32 l = 0; l < LANES; ++l)
              if (row < m && col + l < n) c[row * n + col + l] = pack[l];
          }
        }
      }
    }
  }
}

#undef TILES
#undef BLOCK_PACKS
