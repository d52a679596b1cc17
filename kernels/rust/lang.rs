// SPDX-License-Identifier: Apache-2.0
//! The part of Rust's own `core` that these kernels use, for compilers that have none for the card.
//!
//! rustc's code generator for PTX comes with every rustc, the target's `core` does not. Operators
//! on numbers are the compiler's own: the bodies below only say that they exist.
#![allow(dead_code)]

#[lang = "pointee_sized"]
pub trait PointeeSized {}
#[lang = "meta_sized"]
pub trait MetaSized: PointeeSized {}
#[lang = "sized"]
pub trait Sized: MetaSized {}
#[lang = "legacy_receiver"]
pub trait LegacyReceiver {}
impl<T: PointeeSized> LegacyReceiver for &T {}
impl<T: PointeeSized> LegacyReceiver for &mut T {}

/// What is behind a `&T` never changes: the compiler then says so of the parameter.
#[lang = "freeze"]
pub unsafe auto trait Freeze {}
/// What is behind a `&mut T` has no other name: the compiler then says so of the parameter.
#[lang = "unpin"]
pub auto trait Unpin {}
#[lang = "unsafe_unpin"]
pub unsafe auto trait UnsafeUnpin {}

#[lang = "copy"]
pub trait Copy: Sized {}
impl<T: Copy, const N: usize> Copy for [T; N] {}
impl<T: PointeeSized> Copy for *const T {}
impl<T: PointeeSized> Copy for *mut T {}
impl<T: PointeeSized> Copy for &T {}

#[lang = "drop_in_place"]
fn drop_in_place<T: PointeeSized>(_: *mut T) {}

// The compiler asks for these where it sees a division; all divisors here are constants.
#[lang = "panic_const_div_by_zero"]
fn division_by_zero() -> ! {
    loop {}
}
#[lang = "panic_const_rem_by_zero"]
fn remainder_by_zero() -> ! {
    loop {}
}

#[rustc_builtin_macro]
pub macro asm() {}
#[rustc_builtin_macro]
pub macro global_asm() {}

#[lang = "eq"]
pub trait PartialEq<R: PointeeSized = Self>: PointeeSized {
    fn eq(&self, right: &R) -> bool;
    fn ne(&self, right: &R) -> bool;
}
#[lang = "partial_ord"]
pub trait PartialOrd<R: PointeeSized = Self>: PartialEq<R> + PointeeSized {
    fn lt(&self, right: &R) -> bool;
    fn le(&self, right: &R) -> bool;
    fn gt(&self, right: &R) -> bool;
    fn ge(&self, right: &R) -> bool;
}

#[lang = "not"]
pub trait Not {
    type Output;
    fn not(self) -> Self::Output;
}
impl Not for bool {
    type Output = bool;
    fn not(self) -> bool {
        !self
    }
}

macro_rules! operators {
    ($($item:literal $name:ident $method:ident $op:tt),*) => { $(
        #[lang = $item]
        pub trait $name<R = Self> {
            type Output;
            fn $method(self, right: R) -> Self::Output;
        }
        operators!(@of $name $method $op: u32, u64, usize);
    )* };
    (@of $name:ident $method:ident $op:tt: $($type:ty),*) => { $(
        impl $name for $type {
            type Output = $type;
            fn $method(self, right: $type) -> $type {
                self $op right
            }
        }
    )* };
}
operators!("add" Add add +, "sub" Sub sub -, "mul" Mul mul *, "div" Div div /, "rem" Rem rem %,
           "bitand" BitAnd bitand &, "bitxor" BitXor bitxor ^, "shr" Shr shr >>);

macro_rules! comparisons {
    ($($type:ty),*) => { $(
        impl Copy for $type {}
        impl PartialEq for $type {
            fn eq(&self, right: &$type) -> bool { *self == *right }
            fn ne(&self, right: &$type) -> bool { *self != *right }
        }
        impl PartialOrd for $type {
            fn lt(&self, right: &$type) -> bool { *self < *right }
            fn le(&self, right: &$type) -> bool { *self <= *right }
            fn gt(&self, right: &$type) -> bool { *self > *right }
            fn ge(&self, right: &$type) -> bool { *self >= *right }
        }
    )* };
}
comparisons!(u32, u64, usize, isize, f32, f64, bool);
