// SPDX-License-Identifier: Apache-2.0
//! stencil2d and conv2d, over groups of 32 x 8 as Case::tile_plane launches them.
use crate::check::{number, rounded, Array, Checked, Real, Report, UNTOUCHED};
use crate::grids;

/// nx is this many packs, and no fewer than three elements.
const PACKS: [usize; 8] = [1, 2, 3, 5, 31, 32, 33, 65];
const ROWS: [usize; 9] = [3, 4, 5, 6, 7, 8, 33, 34, 67];

/// A kernel: item x, item y, nx, ny, what it reads, what it writes.
type Kernel<R> = unsafe fn(u64, u64, u64, u64, *const R, *mut R);

fn sweep<R: Real>(
    kernel: Kernel<R>,
    width: usize,
    (nx, ny): (usize, usize),
    input: &Array<R>,
) -> Array<R> {
    let out = Array::<R>::new(nx * ny, |_| UNTOUCHED);
    for y in 0..rounded((ny - 2).div_ceil(4), 8) as u64 {
        for x in 0..rounded(nx.div_ceil(width), 32) as u64 {
            unsafe { kernel(x, y, nx as u64, ny as u64, input.pointer(), out.pointer()) };
        }
    }
    out
}

pub fn run<P: Checked>(report: &mut Report, name: &str) {
    let width = P::WIDTH as usize;
    for nx in PACKS.map(|packs| packs * width).into_iter().filter(|nx| *nx >= 3) {
        for ny in ROWS {
            let u = Array::<P::Real>::new(nx * ny, |i| number(4, i));
            let inside = |i: usize| i % nx > 0 && i % nx < nx - 1 && i / nx > 0 && i / nx < ny - 1;
            let size = format!("{name} {nx} x {ny}");

            let v = sweep(grids::stencil2d::<P>, width, (nx, ny), &u);
            report.compare(&format!("stencil2d {size}"), &v, |i| {
                if !inside(i) {
                    return Real::of(UNTOUCHED);
                }
                let vertical = u.at(i - nx).plus(u.at(i + nx));
                P::Real::of(0.25).times(vertical.plus(u.at(i - 1).plus(u.at(i + 1))))
            });

            let out = sweep(grids::conv2d::<P>, width, (nx, ny), &u);
            report.compare(&format!("conv2d {size}"), &out, |i| {
                if !inside(i) {
                    return Real::of(UNTOUCHED);
                }
                let three = |at: usize| u.at(at - 1).plus(u.at(at)).plus(u.at(at + 1));
                let sum = three(i - nx).plus(u.at(i - 1).plus(u.at(i + 1))).plus(three(i + nx));
                P::Real::of(8.0).fused(u.at(i), sum.times(Real::of(-1.0)))
            });
        }
    }
}
