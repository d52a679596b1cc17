// SPDX-License-Identifier: Apache-2.0
//! C = A * B, row-major: kernels/gemm.cl in Rust, with the tiles that its table gives GPUs.
//!
//! A group of 16 x 16 work-items makes a tile of 128 x 128, a work-item 8 x 8 of it. Tiles of A
//! (transposed) and B go through two buffers in local memory; while one is multiplied, the next is
//! on its way from global memory in registers. Range: x ceil(n / 128) * 16, y ceil(m / 128) * 16.
use crate::gpu::{after, barrier, Local, LocalPack};
use crate::pack::{at, at_mut, fma, lane, load_below, number, splat, store_within, Pack};

/// Rows and columns of a group's tile of C, and of a work-item's share of it.
const TILE: u32 = 128;
const SHARE: u64 = 8;
/// Work-items of a group along x and y, and all.
const SIDE: u32 = 16;
const ITEMS: u32 = SIDE * SIDE;
const PACK_BYTES: u32 = 16;

/// Elements of k at a time: 16 floats or 8 doubles.
#[inline(always)]
fn tile_k<P: Pack>() -> u32 {
    64 / P::BYTES
}
/// Bytes of a column of A in local memory: one pack is never used, against bank conflicts.
#[inline(always)]
fn a_column<P: Pack>() -> u32 {
    TILE * P::BYTES + PACK_BYTES
}
/// Bytes of a row of B in local memory.
#[inline(always)]
fn b_row<P: Pack>() -> u32 {
    TILE * P::BYTES
}

/// One pack from (row, col) of a matrix with `rows` rows of `cols` elements.
#[inline(always)]
unsafe fn fetch<P: Pack, const GUARDED: bool>(
    matrix: *const P::Real,
    (row, col): (u64, u64),
    (rows, cols): (u64, u64),
) -> P {
    if GUARDED {
        load_below(at(matrix, row * cols), col, if row < rows { cols } else { 0 })
    } else {
        *(at(matrix, row * cols + col) as *const P)
    }
}

/// Packs on their way from global to local memory: two of A and two of B.
struct Next<P: Pack> {
    a: (P, P),
    b: (P, P),
}

/// What a work-item multiplies: the sizes, the matrices, and its place in them.
struct Work<P: Pack> {
    size: (u64, u64, u64),
    a: *const P::Real,
    b: *const P::Real,
    c: *mut P::Real,
    tile_row: u64,
    tile_col: u64,
    item: u32,
    item_x: u32,
    item_y: u32,
    tiles: Local,
}

impl<P: LocalPack> Work<P> {
    #[inline(always)]
    unsafe fn fetch_a<const GUARDED: bool>(&self, step: u64, pack: u32) -> P {
        let packs = tile_k::<P>() / P::WIDTH as u32;
        let row = self.tile_row + (pack / packs) as u64;
        let col = step * tile_k::<P>() as u64 + (pack % packs) as u64 * P::WIDTH;
        fetch::<P, GUARDED>(self.a, (row, col), (self.size.0, self.size.2))
    }

    #[inline(always)]
    unsafe fn fetch_b<const GUARDED: bool>(&self, step: u64, pack: u32) -> P {
        let packs = TILE / P::WIDTH as u32;
        let row = step * tile_k::<P>() as u64 + (pack / packs) as u64;
        let col = self.tile_col + (pack % packs) as u64 * P::WIDTH;
        fetch::<P, GUARDED>(self.b, (row, col), (self.size.2, self.size.1))
    }

    #[inline(always)]
    unsafe fn fetch<const GUARDED: bool>(&self, step: u64) -> Next<P> {
        let (first, second) = (self.item, self.item + ITEMS);
        Next {
            a: (self.fetch_a::<GUARDED>(step, first), self.fetch_a::<GUARDED>(step, second)),
            b: (self.fetch_b::<GUARDED>(step, first), self.fetch_b::<GUARDED>(step, second)),
        }
    }

    #[inline(always)]
    unsafe fn a_tile(&self, buffer: u32) -> Local {
        after(self.tiles, buffer * tile_k::<P>() * a_column::<P>())
    }
    #[inline(always)]
    unsafe fn b_tile(&self, buffer: u32) -> Local {
        let all_a = 2 * tile_k::<P>() * a_column::<P>();
        after(self.tiles, all_a + buffer * tile_k::<P>() * b_row::<P>())
    }

    /// A pack of a row of A: its elements go to as many columns of the tile.
    #[inline(always)]
    unsafe fn keep_a(&self, buffer: u32, pack: u32, values: P) {
        let packs = tile_k::<P>() / P::WIDTH as u32;
        let column = pack % packs * P::WIDTH as u32 * a_column::<P>();
        let to = after(self.a_tile(buffer), column + pack / packs * P::BYTES);
        unroll!(4, l => {
            if l < P::WIDTH {
                P::store_real(lane(values, l), after(to, l as u32 * a_column::<P>()));
            }
        });
    }

    #[inline(always)]
    unsafe fn keep(&self, buffer: u32, next: Next<P>) {
        let (first, second) = (self.item, self.item + ITEMS);
        self.keep_a(buffer, first, next.a.0);
        self.keep_a(buffer, second, next.a.1);
        next.b.0.store(after(self.b_tile(buffer), first * PACK_BYTES));
        next.b.1.store(after(self.b_tile(buffer), second * PACK_BYTES));
    }

    /// One of k: an item's part of a column of A times its part of a row of B. Its rows and columns
    /// are packs that lie SIDE packs apart, so that neighbours read neighbouring packs.
    #[inline(always)]
    unsafe fn multiply_one<const N: usize>(&self, buffer: u32, k: u32, sum: *mut P) {
        let left = after(self.a_tile(buffer), k * a_column::<P>() + self.item_y * PACK_BYTES);
        let right = after(self.b_tile(buffer), k * b_row::<P>() + self.item_x * PACK_BYTES);
        let mut rows: [P; N] = [number(0.0); N];
        let mut cols: [P; N] = [number(0.0); N];
        let rows = &raw mut rows as *mut P;
        let cols = &raw mut cols as *mut P;
        unroll!(4, p => {
            if p < N as u64 {
                *at_mut(rows, p) = P::load(after(left, p as u32 * SIDE * PACK_BYTES));
            }
        });
        unroll!(4, p => {
            if p < N as u64 {
                *at_mut(cols, p) = P::load(after(right, p as u32 * SIDE * PACK_BYTES));
            }
        });
        unroll!(8, i => {
            let factor = splat(lane(*at(rows, i / P::WIDTH), i % P::WIDTH));
            unroll!(4, j => {
                if j < N as u64 {
                    let to = at_mut(sum, i * N as u64 + j);
                    *to = fma(factor, *at(cols, j), *to);
                }
            });
        });
    }

    /// The tile of C. Step 0 only fetches, the last step only multiplies.
    #[inline(always)]
    unsafe fn run<const N: usize, const GUARDED: bool>(&self) {
        let mut sum: [[P; N]; SHARE as usize] = [[number(0.0); N]; SHARE as usize];
        let sum = &raw mut sum as *mut P;
        let (m, n, k) = self.size;
        let steps = (k + tile_k::<P>() as u64 - 1) / tile_k::<P>() as u64;
        let mut next = Next { a: (number(0.0), number(0.0)), b: (number(0.0), number(0.0)) };
        let mut buffer = 0;
        let mut step = 0;
        while step <= steps {
            if step < steps {
                next = self.fetch::<GUARDED>(step);
            }
            if step > 0 {
                unroll!(8, kk => { self.multiply_one::<N>(buffer, kk, sum); });
                if tile_k::<P>() == 16 {
                    unroll!(8, kk => { self.multiply_one::<N>(buffer, kk + 8, sum); });
                }
                buffer = buffer ^ 1;
            }
            if step < steps {
                self.keep(buffer, Next { a: next.a, b: next.b });
                barrier();
            }
            step = step + 1;
        }
        unroll!(8, i => {
            let part = (i / P::WIDTH) * SIDE as u64 + self.item_y as u64;
            let row = self.tile_row + part * P::WIDTH + i % P::WIDTH;
            unroll!(4, j => {
                if j < N as u64 {
                    let pack = j * SIDE as u64 + self.item_x as u64;
                    let col = self.tile_col + pack * P::WIDTH;
                    let result = *at(sum, i * N as u64 + j);
                    if !GUARDED {
                        *(at_mut(self.c, row * n + col) as *mut P) = result;
                    } else if row < m {
                        store_within(at_mut(self.c, row * n), col, 0, n, result);
                    }
                }
            });
        });
    }
}

/// `item` and `group`: their x and y. N: packs of a work-item's row of C, which are also those of
/// its column. Where the tiles divide the sizes all is done in packs, else element by element.
#[inline(always)]
pub unsafe fn gemm<P: LocalPack, const N: usize>(
    (x, y): (u32, u32),
    group: (u64, u64),
    tiles: Local,
    size: (u64, u64, u64),
    (a, b): (*const P::Real, *const P::Real),
    c: *mut P::Real,
) {
    // Reads of 16 bytes from banked local memory are fastest where 32 successive items form a block
    // of 4 x 8 with pairs of them side by side.
    let item = y * SIDE + x;
    let work: Work<P> = Work {
        size,
        a,
        b,
        c,
        tile_row: group.1 * TILE as u64,
        tile_col: group.0 * TILE as u64,
        item,
        item_x: item / 2 % 8 + item / 32 % 2 * 8,
        item_y: item % 2 + item / 16 % 2 * 2 + item / 64 * 4,
        tiles,
    };
    let (m, n, k) = size;
    if m % TILE as u64 == 0 && n % TILE as u64 == 0 && k % tile_k::<P>() as u64 == 0 {
        work.run::<N, false>();
    } else {
        work.run::<N, true>();
    }
}
