// SPDX-License-Identifier: Apache-2.0
//! stencil2d, conv2d: kernels/{stencil2d,conv2d}.cl in Rust, for GPUs. WIDTH divides nx.
//! Range: x ceil(nx / WIDTH), y ceil((ny - 2) / 4), both rounded up to a group of 32 x 8.
#![allow(unused_assignments)] // what the last row leaves
#[cfg(own_core)]
use crate::lang::*;
use crate::pack::{
    add, at, at_mut, fma, lane, mul, neg, number, splat, store_within, with_lane, Pack,
};

/// Rows that a work-item walks down.
const ROWS: u64 = 4;

/// The row's part that a work-item needs: its pack, and the elements beside it.
struct Row<P: Pack> {
    west: P::Real,
    here: P,
    east: P::Real,
}
impl<P: Pack> Copy for Row<P> {}
#[cfg(not(own_core))]
impl<P: Pack> Clone for Row<P> {
    fn clone(&self) -> Row<P> {
        *self
    }
}

impl<P: Pack> Row<P> {
    /// Each lane's western neighbour.
    #[inline(always)]
    unsafe fn from_west(self) -> P {
        let mut result: P = splat(self.west);
        unroll!(4, l => {
            if l > 0 && l < P::WIDTH {
                result = with_lane(result, l, lane(self.here, l - 1));
            }
        });
        result
    }
    /// Each lane's eastern neighbour.
    #[inline(always)]
    unsafe fn from_east(self) -> P {
        let mut result: P = splat(self.east);
        unroll!(4, l => {
            if l + 1 < P::WIDTH {
                result = with_lane(result, l, lane(self.here, l + 1));
            }
        });
        result
    }
}

/// A work-item's columns: its first element, its neighbours', and whether it stores all its lanes.
/// Edge packs read a neighbour inside the array for the lanes that they do not store.
struct Columns {
    x: u64,
    west: u64,
    east: u64,
    edge: bool,
}

#[inline(always)]
fn columns<P: Pack>(x: u64, nx: u64) -> Columns {
    Columns {
        x,
        west: if x > 0 { x - 1 } else { x },
        east: if x + P::WIDTH < nx { x + P::WIDTH } else { x },
        edge: x == 0 || x + P::WIDTH >= nx,
    }
}

/// The pack at element `i`, a multiple of WIDTH.
#[inline(always)]
unsafe fn pack_at<P: Pack>(array: *const P::Real, i: u64) -> P {
    *(at(array, i) as *const P)
}

#[inline(always)]
unsafe fn store<P: Pack>(out: *mut P::Real, row: u64, nx: u64, columns: &Columns, result: P) {
    if !columns.edge {
        *(at_mut(out, row * nx + columns.x) as *mut P) = result;
    } else {
        store_within(at_mut(out, row * nx), columns.x, 1, nx - 1, result);
    }
}

/// v[y][x] = (u[y-1][x] + u[y+1][x] + u[y][x-1] + u[y][x+1]) / 4 inside; v's boundary is untouched
#[inline(always)]
pub unsafe fn stencil2d<P: Pack>(
    item_x: u64,
    item_y: u64,
    nx: u64,
    ny: u64,
    u: *const P::Real,
    v: *mut P::Real,
) {
    let x = item_x * P::WIDTH;
    let first = item_y * ROWS + 1;
    if x + P::WIDTH <= 1 || x + 1 >= nx || first + 1 >= ny {
        return;
    }
    let c = columns::<P>(x, nx);
    let mut above: P = pack_at(u, (first - 1) * nx + x);
    let mut here: P = pack_at(u, first * nx + x);
    unroll!(4, r => {
        let y = first + r;
        let next = if y + 1 < ny { y + 1 } else { ny - 1 };
        let row = next - 1;
        let below: P = pack_at(u, next * nx + x);
        let middle = Row { west: *at(u, row * nx + c.west), here, east: *at(u, row * nx + c.east) };
        let sum = add(add(above, below), add(middle.from_west(), middle.from_east()));
        let result = mul(number(0.25), sum);
        if y + 1 < ny {
            store(v, y, nx, &c, result);
        }
        above = here;
        here = below;
    });
}

/// Row `y` of an array, as far as a work-item needs it.
#[inline(always)]
unsafe fn row_at<P: Pack>(array: *const P::Real, y: u64, nx: u64, c: &Columns) -> Row<P> {
    let row = y * nx;
    Row {
        west: *at(array, row + c.west),
        here: pack_at(array, row + c.x),
        east: *at(array, row + c.east),
    }
}

/// The three elements of a row that touch each lane.
#[inline(always)]
unsafe fn three<P: Pack>(row: Row<P>) -> P {
    add(add(row.from_west(), row.here), row.from_east())
}

/// out[y][x] = 8 in[y][x] - (sum of the eight neighbours of in) inside; out's boundary is untouched
#[inline(always)]
pub unsafe fn conv2d<P: Pack>(
    item_x: u64,
    item_y: u64,
    nx: u64,
    ny: u64,
    input: *const P::Real,
    out: *mut P::Real,
) {
    let x = item_x * P::WIDTH;
    let first = item_y * ROWS + 1;
    if x + P::WIDTH <= 1 || x + 1 >= nx || first + 1 >= ny {
        return;
    }
    let c = columns::<P>(x, nx);
    let mut above: Row<P> = row_at(input, first - 1, nx, &c);
    let mut here: Row<P> = row_at(input, first, nx, &c);
    unroll!(4, r => {
        let y = first + r;
        let next = if y + 1 < ny { y + 1 } else { ny - 1 };
        let below: Row<P> = row_at(input, next, nx, &c);
        let beside = add(here.from_west(), here.from_east());
        let sum = add(add(three(above), beside), three(below));
        let result = fma(number(8.0), here.here, neg(sum));
        if y + 1 < ny {
            store(out, y, nx, &c, result);
        }
        above = here;
        here = below;
    });
}
