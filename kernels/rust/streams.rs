// SPDX-License-Identifier: Apache-2.0
//! kernels/{vector_add,saxpy,triad}.cl in Rust, their tails always guarded.
//! Range: ceil(n / WIDTH) work-items, rounded up to a group; `i` is the work-item.
use crate::pack::{add, at, at_mut, fma, load_below, splat, store_within, Pack};

/// c[i] = a[i] + b[i]
#[inline(always)]
pub unsafe fn vector_add<P: Pack>(i: u64, n: u64, a: *const P, b: *const P, c: *mut P) {
    if (i + 1) * P::WIDTH > n {
        let first = i * P::WIDTH;
        let left: P = load_below(a as *const P::Real, first, n);
        let right = load_below(b as *const P::Real, first, n);
        store_within(c as *mut P::Real, first, 0, n, add(left, right));
        return;
    }
    *at_mut(c, i) = add(*at(a, i), *at(b, i));
}

/// y[i] = a * x[i] + y[i]
#[inline(always)]
pub unsafe fn saxpy<P: Pack>(i: u64, n: u64, a: P::Real, x: *const P, y: *mut P) {
    if (i + 1) * P::WIDTH > n {
        let first = i * P::WIDTH;
        let added: P = load_below(x as *const P::Real, first, n);
        let sum = load_below(y as *const P::Real, first, n);
        store_within(y as *mut P::Real, first, 0, n, fma(splat(a), added, sum));
        return;
    }
    *at_mut(y, i) = fma(splat(a), *at(x, i), *at(y, i));
}

/// a[i] = b[i] + s * c[i]
#[inline(always)]
pub unsafe fn triad<P: Pack>(i: u64, n: u64, s: P::Real, b: *const P, c: *const P, a: *mut P) {
    if (i + 1) * P::WIDTH > n {
        let first = i * P::WIDTH;
        let base: P = load_below(b as *const P::Real, first, n);
        let scaled = load_below(c as *const P::Real, first, n);
        store_within(a as *mut P::Real, first, 0, n, fma(splat(s), scaled, base));
        return;
    }
    *at_mut(a, i) = fma(splat(s), *at(c, i), *at(b, i));
}
