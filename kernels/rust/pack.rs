// SPDX-License-Identifier: Apache-2.0
//! Packs: the elements that travel in one load or store, and what can be done with them.
#[cfg(own_core)]
use crate::lang::*;

/// The block once for each number below the first, with the number a constant: no loop is left.
macro_rules! unroll {
    (2, $i:ident => $body:block) => {{
        {
            let $i = 0;
            $body
        }
        {
            let $i = 1;
            $body
        }
    }};
    (4, $i:ident => $body:block) => {{
        {
            let $i = 0;
            $body
        }
        {
            let $i = 1;
            $body
        }
        {
            let $i = 2;
            $body
        }
        {
            let $i = 3;
            $body
        }
    }};
    (8, $i:ident => $body:block) => {{
        {
            let $i = 0;
            $body
        }
        {
            let $i = 1;
            $body
        }
        {
            let $i = 2;
            $body
        }
        {
            let $i = 3;
            $body
        }
        {
            let $i = 4;
            $body
        }
        {
            let $i = 5;
            $body
        }
        {
            let $i = 6;
            $body
        }
        {
            let $i = 7;
            $body
        }
    }};
}

#[rustc_intrinsic]
unsafe fn arith_offset<T>(from: *const T, elements: isize) -> *const T;
#[rustc_intrinsic]
unsafe fn simd_add<T>(a: T, b: T) -> T;
#[rustc_intrinsic]
unsafe fn simd_mul<T>(a: T, b: T) -> T;
#[rustc_intrinsic]
unsafe fn simd_neg<T>(a: T) -> T;
#[rustc_intrinsic]
unsafe fn simd_fma<T>(a: T, b: T, c: T) -> T;
#[rustc_intrinsic]
unsafe fn simd_splat<T, U>(value: U) -> T;
#[rustc_intrinsic]
unsafe fn simd_extract_dyn<T, U>(from: T, lane: u32) -> U;
#[rustc_intrinsic]
unsafe fn simd_insert_dyn<T, U>(into: T, lane: u32, value: U) -> T;

/// WIDTH elements of one type: at most 16 bytes, aligned to all of them.
pub trait Pack: Copy {
    type Real: Copy;
    const WIDTH: u64;
    /// Bytes of an element.
    const BYTES: u32;
    fn real(value: f32) -> Self::Real;
}

macro_rules! pack {
    ($name:ident, $real:ty, $width:literal, $bytes:literal) => {
        #[repr(simd)]
        pub struct $name([$real; $width]);
        impl Copy for $name {}
        #[cfg(not(own_core))]
        impl Clone for $name {
            fn clone(&self) -> $name {
                *self
            }
        }
        impl Pack for $name {
            type Real = $real;
            const WIDTH: u64 = $width;
            const BYTES: u32 = $bytes;
            #[inline(always)]
            fn real(value: f32) -> $real {
                value as $real
            }
        }
    };
}
pack!(F32x4, f32, 4, 4);
pack!(F32x1, f32, 1, 4);
pack!(F64x2, f64, 2, 8);
pack!(F64x1, f64, 1, 8);

/// Where element `i` of an array is.
#[inline(always)]
pub unsafe fn at<T>(array: *const T, i: u64) -> *const T {
    arith_offset(array, i as isize)
}
#[inline(always)]
pub unsafe fn at_mut<T>(array: *mut T, i: u64) -> *mut T {
    arith_offset(array, i as isize) as *mut T
}

#[inline(always)]
pub unsafe fn add<P: Pack>(a: P, b: P) -> P {
    simd_add(a, b)
}
#[inline(always)]
pub unsafe fn mul<P: Pack>(a: P, b: P) -> P {
    simd_mul(a, b)
}
#[inline(always)]
pub unsafe fn neg<P: Pack>(a: P) -> P {
    simd_neg(a)
}
/// a * b + c, rounded once.
#[inline(always)]
pub unsafe fn fma<P: Pack>(a: P, b: P, c: P) -> P {
    simd_fma(a, b, c)
}
/// All lanes the same.
#[inline(always)]
pub unsafe fn splat<P: Pack>(value: P::Real) -> P {
    simd_splat(value)
}
/// All lanes this number.
#[inline(always)]
pub unsafe fn number<P: Pack>(value: f32) -> P {
    simd_splat(P::real(value))
}
#[inline(always)]
pub unsafe fn lane<P: Pack>(from: P, l: u64) -> P::Real {
    simd_extract_dyn(from, l as u32)
}
#[inline(always)]
pub unsafe fn with_lane<P: Pack>(into: P, l: u64, value: P::Real) -> P {
    simd_insert_dyn(into, l as u32, value)
}

/// Elements from `first` on, as many as a pack has, but only those below `end`; others are zero.
#[inline(always)]
pub unsafe fn load_below<P: Pack>(array: *const P::Real, first: u64, end: u64) -> P {
    let mut result: P = number(0.0);
    unroll!(4, l => {
        if l < P::WIDTH && first + l < end {
            result = with_lane(result, l, *at(array, first + l));
        }
    });
    result
}

/// The lanes whose elements, from `first` on, are not below `begin` and are below `end`.
#[inline(always)]
pub unsafe fn store_within<P: Pack>(
    array: *mut P::Real,
    first: u64,
    begin: u64,
    end: u64,
    pack: P,
) {
    unroll!(4, l => {
        if l < P::WIDTH && first + l >= begin && first + l < end {
            *at_mut(array, first + l) = lane(pack, l);
        }
    });
}
