// SPDX-License-Identifier: Apache-2.0
//! vector_add, saxpy and triad, over groups of 256 as Case::cover launches them.
use crate::check::{number, rounded, Array, Checked, Real, Report, UNTOUCHED};
use crate::streams;

const SIZES: [usize; 16] =
    [1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 1022, 1023, 1024, 1025, 2048, 12_347];

pub fn run<P: Checked>(report: &mut Report, name: &str) {
    for n in SIZES {
        let items = rounded(n.div_ceil(P::WIDTH as usize), 256) as u64;
        let array = |seed| Array::<P::Real>::new(n, move |i| number(seed, i));
        let (a, b) = (array(1), array(2));
        let (length, s) = (n as u64, P::Real::of(0.7));

        let sum = Array::<P::Real>::new(n, |_| UNTOUCHED);
        for i in 0..items {
            unsafe {
                streams::vector_add::<P>(i, length, a.pointer(), b.pointer(), sum.pointer());
            }
        }
        report.compare(&format!("vector_add {name} n={n}"), &sum, |i| a.at(i).plus(b.at(i)));

        let y = array(3);
        for i in 0..items {
            unsafe { streams::saxpy::<P>(i, length, s, a.pointer(), y.pointer()) };
        }
        let before = array(3);
        report.compare(&format!("saxpy {name} n={n}"), &y, |i| s.fused(a.at(i), before.at(i)));

        let sum = Array::<P::Real>::new(n, |_| UNTOUCHED);
        for i in 0..items {
            unsafe { streams::triad::<P>(i, length, s, a.pointer(), b.pointer(), sum.pointer()) };
        }
        report.compare(&format!("triad {name} n={n}"), &sum, |i| s.fused(b.at(i), a.at(i)));
    }
}
