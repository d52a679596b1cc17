// SPDX-License-Identifier: Apache-2.0
//! Arrays with what tells of a stray access, numbers, and what was found.
use std::alloc::{alloc, dealloc, Layout};
use std::fmt::Debug;

use crate::pack::Pack;

/// The types of elements, with what a plain loop needs.
pub trait Real: Copy + PartialEq + Debug + Send + Sync + 'static {
    fn of(value: f64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// self * b + c, rounded once.
    fn fused(self, b: Self, c: Self) -> Self;
    fn bits(self) -> u64;
}
macro_rules! real {
    ($type:ty) => {
        impl Real for $type {
            fn of(value: f64) -> $type {
                value as $type
            }
            fn plus(self, other: $type) -> $type {
                self + other
            }
            fn times(self, other: $type) -> $type {
                self * other
            }
            fn fused(self, b: $type, c: $type) -> $type {
                self.mul_add(b, c)
            }
            fn bits(self) -> u64 {
                self.to_bits() as u64
            }
        }
    };
}
real!(f32);
real!(f64);

pub trait Checked: Pack<Real: Real> {}
impl<P: Pack<Real: Real>> Checked for P {}

/// No kernel computes it: what it is found in was not written.
pub const UNTOUCHED: f64 = -123456.0;

// Under AddressSanitizer the redzone behind an array tells of any access; else a zone of our own of
// stray writes and, being huge, of reads that are used.
const ZONE: usize = if cfg!(exact) { 0 } else { 64 };
const STRAY: f64 = 3e30;

/// As aligned as memory of a card is, for packs.
pub struct Array<R: Real> {
    memory: *mut R,
    n: usize,
}

impl<R: Real> Array<R> {
    pub fn new(n: usize, value: impl Fn(usize) -> f64) -> Array<R> {
        let memory = unsafe { alloc(Self::layout(n)) } as *mut R;
        assert!(!memory.is_null());
        for i in 0..n + ZONE {
            let value = if i < n { value(i) } else { STRAY };
            unsafe { *memory.add(i) = R::of(value) };
        }
        Array { memory, n }
    }
    fn layout(n: usize) -> Layout {
        Layout::from_size_align(((n + ZONE) * size_of::<R>()).max(1), 16).unwrap()
    }
    pub fn pointer<T>(&self) -> *mut T {
        self.memory as *mut T
    }
    pub fn at(&self, i: usize) -> R {
        assert!(i < self.n);
        unsafe { *self.memory.add(i) }
    }
    fn zone_is_whole(&self) -> bool {
        (self.n..self.n + ZONE).all(|i| unsafe { *self.memory.add(i) } == R::of(STRAY))
    }
}

impl<R: Real> Drop for Array<R> {
    fn drop(&mut self) {
        unsafe { dealloc(self.memory as *mut u8, Self::layout(self.n)) };
    }
}

/// A number in [-1, 1) that no two arrays share: splitmix64 of seed and index.
pub fn number(seed: u64, i: usize) -> f64 {
    (mix(seed, i) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// An integer in -2 ... 2: products and sums of them are exact.
pub fn integer(seed: u64, i: usize) -> f64 {
    (mix(seed, i) % 5) as f64 - 2.0
}

fn mix(seed: u64, i: usize) -> u64 {
    let mut z = seed.wrapping_add((i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[derive(Default)]
pub struct Report {
    runs: usize,
    elements: usize,
    faults: usize,
}

impl Report {
    /// Every element of `out` to the bit, and nothing written behind it.
    pub fn compare<R: Real>(&mut self, what: &str, out: &Array<R>, expected: impl Fn(usize) -> R) {
        self.runs += 1;
        self.elements += out.n;
        let wrong = (0..out.n).find(|&i| out.at(i).bits() != expected(i).bits());
        if let Some(i) = wrong {
            self.faults += 1;
            println!("{what}: element {i} is {:?}, expected {:?}", out.at(i), expected(i));
        } else if !out.zone_is_whole() {
            self.faults += 1;
            println!("{what}: wrote behind its array");
        }
    }

    pub fn end(&self) {
        let Report { runs, elements, faults } = self;
        println!("{runs} runs, {elements} elements compared, {faults} faults");
        std::process::exit(if *faults == 0 && *runs > 0 { 0 } else { 1 });
    }
}

/// What the host launches: `items` rounded up to groups.
pub fn rounded(items: usize, group: usize) -> usize {
    items.div_ceil(group) * group
}
