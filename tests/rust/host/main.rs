// SPDX-License-Identifier: Apache-2.0
//! The bodies of kernels/rust/ compiled for this machine's processor: every work-item of the range
//! that cardwise launches is called, on ragged sizes, and what it leaves is compared with a loop.
//!
//! This shows indices, guards, tails and arithmetic. It does not show the PTX, nor the kernels'
//! entries: both need a card.
#![feature(intrinsics, rustc_attrs, repr_simd)]
#![allow(internal_features)]

#[path = "../../../kernels/rust/pack.rs"]
#[macro_use]
mod pack;
#[path = "../../../kernels/rust/gemm.rs"]
mod gemm;
#[path = "../../../kernels/rust/grids.rs"]
mod grids;
#[path = "../../../kernels/rust/streams.rs"]
mod streams;

mod check;
mod gpu;
mod grid_checks;
mod product_checks;
mod stream_checks;

use pack::{F32x1, F32x4, F64x1, F64x2};

fn main() {
    let mut report = check::Report::default();
    stream_checks::run::<F32x4>(&mut report, "f32x4");
    stream_checks::run::<F32x1>(&mut report, "f32x1");
    stream_checks::run::<F64x2>(&mut report, "f64x2");
    stream_checks::run::<F64x1>(&mut report, "f64x1");
    grid_checks::run::<F32x4>(&mut report, "f32x4");
    grid_checks::run::<F32x1>(&mut report, "f32x1");
    grid_checks::run::<F64x2>(&mut report, "f64x2");
    grid_checks::run::<F64x1>(&mut report, "f64x1");
    product_checks::run::<F32x4, 2>(&mut report, "f32x4");
    product_checks::run::<F64x2, 4>(&mut report, "f64x2");
    report.end();
}
