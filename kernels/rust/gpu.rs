// SPDX-License-Identifier: Apache-2.0
//! What the card gives: parameters, indices, the barrier, local memory.
#[cfg(own_core)]
use crate::lang::*;
use crate::pack::{lane, number, with_lane, F32x4, F64x2, Pack};

#[cfg(not(own_core))]
use core::arch::{asm, global_asm};
#[cfg(not(own_core))]
use core::marker::{Freeze, UnsafeUnpin};

extern "C" {
    #[link_name = "llvm.nvvm.read.ptx.sreg.tid.x"]
    fn tid_x() -> u32;
    #[link_name = "llvm.nvvm.read.ptx.sreg.tid.y"]
    fn tid_y() -> u32;
    #[link_name = "llvm.nvvm.read.ptx.sreg.ntid.x"]
    fn ntid_x() -> u32;
    #[link_name = "llvm.nvvm.read.ptx.sreg.ntid.y"]
    fn ntid_y() -> u32;
    #[link_name = "llvm.nvvm.read.ptx.sreg.ctaid.x"]
    fn ctaid_x() -> u32;
    #[link_name = "llvm.nvvm.read.ptx.sreg.ctaid.y"]
    fn ctaid_y() -> u32;
    #[link_name = "llvm.nvvm.barrier.cta.sync.aligned.all"]
    fn barrier_all(number: u32);

    /// Memory of a size that the compiler does not know.
    type Memory;
}

/// A buffer that a kernel only reads: `&In` is "noalias readonly", from which ld.global.nc follows.
#[repr(transparent)]
pub struct In(Memory);
// Nobody writes it while the kernel runs, as `const restrict` says in the C kernels.
unsafe impl Freeze for In {}

/// A buffer that a kernel writes: `&mut Out` is "noalias".
#[repr(transparent)]
pub struct Out(Memory);
unsafe impl UnsafeUnpin for Out {}
impl Unpin for Out {}

impl In {
    #[inline(always)]
    pub fn packs<T>(&self) -> *const T {
        self as *const In as *const T
    }
}
impl Out {
    #[inline(always)]
    pub fn packs<T>(&mut self) -> *mut T {
        self as *mut Out as *mut T
    }
}

#[inline(always)]
pub unsafe fn global_x() -> u64 {
    ctaid_x() as u64 * ntid_x() as u64 + tid_x() as u64
}
#[inline(always)]
pub unsafe fn global_y() -> u64 {
    ctaid_y() as u64 * ntid_y() as u64 + tid_y() as u64
}
#[inline(always)]
pub unsafe fn group_x() -> u64 {
    ctaid_x() as u64
}
#[inline(always)]
pub unsafe fn group_y() -> u64 {
    ctaid_y() as u64
}
#[inline(always)]
pub unsafe fn item_x() -> u32 {
    tid_x()
}
#[inline(always)]
pub unsafe fn item_y() -> u32 {
    tid_y()
}
#[inline(always)]
pub unsafe fn barrier() {
    barrier_all(0);
}

// Rust knows no address spaces: local memory is declared and accessed in PTX's own words. Two tiles
// of A (a pack longer, against bank conflicts) and two of B; kernels/rust/gemm.rs has the sizes.
global_asm!(
    ".shared .align 16 .b8 cw_tiles_f32[33280];",
    ".shared .align 16 .b8 cw_tiles_f64[33024];"
);

/// An address in local memory, in bytes.
pub type Local = u32;

#[inline(always)]
pub unsafe fn tiles_f32() -> Local {
    let address: u32;
    asm!("mov.u32 {0}, cw_tiles_f32;", out(reg32) address,
         options(pure, nomem, nostack, preserves_flags));
    address
}
#[inline(always)]
pub unsafe fn tiles_f64() -> Local {
    let address: u32;
    asm!("mov.u32 {0}, cw_tiles_f64;", out(reg32) address,
         options(pure, nomem, nostack, preserves_flags));
    address
}

/// `bytes` further on.
#[inline(always)]
pub unsafe fn after(local: Local, bytes: u32) -> Local {
    local + bytes
}

/// Packs that go through local memory.
pub trait LocalPack: Pack {
    unsafe fn load(from: Local) -> Self;
    unsafe fn store(self, to: Local);
    unsafe fn store_real(value: Self::Real, to: Local);
}
impl LocalPack for F32x4 {
    #[inline(always)]
    unsafe fn load(from: Local) -> F32x4 {
        let (x, y, z, w): (f32, f32, f32, f32);
        asm!("ld.shared.v4.f32 {{{0}, {1}, {2}, {3}}}, [{4}];",
             out(reg32) x, out(reg32) y, out(reg32) z, out(reg32) w, in(reg32) from,
             options(readonly, nostack, preserves_flags));
        with_lane(with_lane(with_lane(with_lane(number(0.0), 0, x), 1, y), 2, z), 3, w)
    }
    #[inline(always)]
    unsafe fn store(self, to: Local) {
        let (x, y, z, w) = (lane(self, 0), lane(self, 1), lane(self, 2), lane(self, 3));
        asm!("st.shared.v4.f32 [{4}], {{{0}, {1}, {2}, {3}}};",
             in(reg32) x, in(reg32) y, in(reg32) z, in(reg32) w, in(reg32) to,
             options(nostack, preserves_flags));
    }
    #[inline(always)]
    unsafe fn store_real(value: f32, to: Local) {
        asm!("st.shared.f32 [{1}], {0};", in(reg32) value, in(reg32) to,
             options(nostack, preserves_flags));
    }
}
impl LocalPack for F64x2 {
    #[inline(always)]
    unsafe fn load(from: Local) -> F64x2 {
        let (x, y): (f64, f64);
        asm!("ld.shared.v2.f64 {{{0}, {1}}}, [{2}];", out(reg64) x, out(reg64) y, in(reg32) from,
             options(readonly, nostack, preserves_flags));
        with_lane(with_lane(number(0.0), 0, x), 1, y)
    }
    #[inline(always)]
    unsafe fn store(self, to: Local) {
        let (x, y) = (lane(self, 0), lane(self, 1));
        asm!("st.shared.v2.f64 [{2}], {{{0}, {1}}};", in(reg64) x, in(reg64) y, in(reg32) to,
             options(nostack, preserves_flags));
    }
    #[inline(always)]
    unsafe fn store_real(value: f64, to: Local) {
        asm!("st.shared.f64 [{1}], {0};", in(reg64) value, in(reg32) to,
             options(nostack, preserves_flags));
    }
}
