// SPDX-License-Identifier: Apache-2.0
//! gemm: a group's 256 work-items are as many threads, which meet in its barriers.
use std::sync::{Arc, Barrier};
use std::thread;

use crate::check::{integer, Array, Checked, Real, Report, UNTOUCHED};
use crate::{gemm, gpu};

/// m, n, k: tiles that fit, that do not in each direction, and nothing to sum up.
const SIZES: [(usize, usize, usize); 8] = [
    (128, 128, 16),
    (256, 128, 48),
    (128, 256, 8),
    (1, 1, 1),
    (127, 129, 17),
    (130, 4, 33),
    (200, 136, 40),
    (5, 7, 0),
];

/// Pointers that threads may share: what is behind them is the kernel's to order.
#[derive(Clone, Copy)]
struct Shared<P>(gpu::Local, [*mut P; 3]);
unsafe impl<P> Send for Shared<P> {}

fn group<P, const N: usize>(at: (u64, u64), size: (u64, u64, u64), arrays: [*mut P::Real; 3])
where
    P: Checked + gpu::LocalPack + 'static,
{
    // NaN is what a work-item reads that does not wait for the others.
    let tiles = Array::<P::Real>::new(33_280 / size_of::<P::Real>(), |_| f64::NAN);
    let shared = Shared(tiles.pointer(), arrays);
    let barrier = Arc::new(Barrier::new(256));
    thread::scope(|scope| {
        for item in 0..256u32 {
            let barrier = barrier.clone();
            let work = move || {
                let Shared(tiles, [a, b, c]) = { shared };
                gpu::meet_at(barrier);
                let place = (item % 16, item / 16);
                unsafe { gemm::gemm::<P, N>(place, at, tiles, size, (a, b), c) };
            };
            thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, work).unwrap();
        }
    });
}

pub fn run<P, const N: usize>(report: &mut Report, name: &str)
where
    P: Checked + gpu::LocalPack + 'static,
{
    for (m, n, k) in SIZES {
        let a = Array::<P::Real>::new(m * k, |i| integer(5, i));
        let b = Array::<P::Real>::new(k * n, |i| integer(6, i));
        let c = Array::<P::Real>::new(m * n, |_| UNTOUCHED);
        for y in 0..m.div_ceil(128) as u64 {
            for x in 0..n.div_ceil(128) as u64 {
                let size = (m as u64, n as u64, k as u64);
                group::<P, N>((x, y), size, [a.pointer(), b.pointer(), c.pointer()]);
            }
        }
        report.compare(&format!("gemm {name} {m} x {n} x {k}"), &c, |i| {
            (0..k).fold(Real::of(0.0), |sum, l| a.at(i / n * k + l).fused(b.at(l * n + i % n), sum))
        });
    }
}
