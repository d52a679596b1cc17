// SPDX-License-Identifier: Apache-2.0
//! cardwise's portable kernels in Rust: one entry a kernel, type and width (docs/rust-kernels.md).
#![no_std]
#![cfg_attr(own_core, feature(no_core), no_core)]
#![cfg_attr(not(own_core), feature(freeze, unsafe_unpin))]
#![feature(abi_ptx, intrinsics, rustc_attrs, repr_simd, extern_types, link_llvm_intrinsics)]
#![feature(asm_experimental_arch, freeze_impls, lang_items, auto_traits, decl_macro)]
#![allow(internal_features, improper_ctypes, improper_ctypes_definitions)]
#![allow(unused_features, unused_macros)]
#![crate_type = "lib"]

#[cfg(own_core)]
#[macro_use]
mod lang;
#[macro_use]
mod pack;
mod gemm;
mod gpu;
mod grids;
mod streams;

use crate::gpu::{global_x, global_y, group_x, group_y, item_x, item_y, In, Out};
use crate::pack::{F32x1, F32x4, F64x1, F64x2};

/// Entries of the one-dimensional kernels for packs of one type and width.
macro_rules! streams {
    ($pack:ty, $real:ty, $add:ident, $saxpy:ident, $triad:ident) => {
        #[no_mangle]
        pub unsafe extern "ptx-kernel" fn $add(n: u64, a: &In, b: &In, c: &mut Out) {
            streams::vector_add::<$pack>(global_x(), n, a.packs(), b.packs(), c.packs());
        }
        #[no_mangle]
        pub unsafe extern "ptx-kernel" fn $saxpy(n: u64, a: $real, x: &In, y: &mut Out) {
            streams::saxpy::<$pack>(global_x(), n, a, x.packs(), y.packs());
        }
        #[no_mangle]
        pub unsafe extern "ptx-kernel" fn $triad(n: u64, s: $real, b: &In, c: &In, a: &mut Out) {
            streams::triad::<$pack>(global_x(), n, s, b.packs(), c.packs(), a.packs());
        }
    };
}
streams!(F32x4, f32, cw_vector_add_f32x4, cw_saxpy_f32x4, cw_triad_f32x4);
streams!(F32x1, f32, cw_vector_add_f32x1, cw_saxpy_f32x1, cw_triad_f32x1);
streams!(F64x2, f64, cw_vector_add_f64x2, cw_saxpy_f64x2, cw_triad_f64x2);
streams!(F64x1, f64, cw_vector_add_f64x1, cw_saxpy_f64x1, cw_triad_f64x1);

/// Entries of the kernels on a plane for packs of one type and width.
macro_rules! grids {
    ($pack:ty, $stencil:ident, $conv:ident) => {
        #[no_mangle]
        pub unsafe extern "ptx-kernel" fn $stencil(nx: u64, ny: u64, u: &In, v: &mut Out) {
            grids::stencil2d::<$pack>(global_x(), global_y(), nx, ny, u.packs(), v.packs());
        }
        #[no_mangle]
        pub unsafe extern "ptx-kernel" fn $conv(nx: u64, ny: u64, input: &In, out: &mut Out) {
            grids::conv2d::<$pack>(global_x(), global_y(), nx, ny, input.packs(), out.packs());
        }
    };
}
grids!(F32x4, cw_stencil2d_f32x4, cw_conv2d_f32x4);
grids!(F32x1, cw_stencil2d_f32x1, cw_conv2d_f32x1);
grids!(F64x2, cw_stencil2d_f64x2, cw_conv2d_f64x2);
grids!(F64x1, cw_stencil2d_f64x1, cw_conv2d_f64x1);

/// The entry of gemm for one type: a group's local memory, and the sums' packs a row.
macro_rules! gemm {
    ($pack:ty, $tiles:ident, $row:literal, $gemm:ident) => {
        #[no_mangle]
        pub unsafe extern "ptx-kernel" fn $gemm(
            m: u64,
            n: u64,
            k: u64,
            a: &In,
            b: &In,
            c: &mut Out,
        ) {
            gemm::gemm::<$pack, $row>(
                (item_x(), item_y()),
                (group_x(), group_y()),
                gpu::$tiles(),
                (m, n, k),
                (a.packs(), b.packs()),
                c.packs(),
            );
        }
    };
}
gemm!(F32x4, tiles_f32, 2, cw_gemm_f32x4);
gemm!(F64x2, tiles_f64, 4, cw_gemm_f64x2);
