// SPDX-License-Identifier: Apache-2.0
//! What kernels/rust/gpu.rs gives the kernels on a card, on threads: local memory and the barrier.
use std::cell::RefCell;
use std::sync::{Arc, Barrier};

use crate::pack::{F32x4, F64x2, Pack};

pub type Local = *mut u8;

thread_local! {
    static MEETING: RefCell<Option<Arc<Barrier>>> = const { RefCell::new(None) };
}

/// Where this thread, a work-item, meets the others of its group.
pub fn meet_at(barrier: Arc<Barrier>) {
    MEETING.with(|meeting| *meeting.borrow_mut() = Some(barrier));
}

pub unsafe fn barrier() {
    MEETING.with(|meeting| meeting.borrow().as_ref().expect("no group").wait());
}

pub unsafe fn after(local: Local, bytes: u32) -> Local {
    local.add(bytes as usize)
}

pub trait LocalPack: Pack {
    unsafe fn load(from: Local) -> Self;
    unsafe fn store(self, to: Local);
    unsafe fn store_real(value: Self::Real, to: Local);
}
macro_rules! local_pack {
    ($pack:ty) => {
        impl LocalPack for $pack {
            unsafe fn load(from: Local) -> $pack {
                *(from as *const $pack)
            }
            unsafe fn store(self, to: Local) {
                *(to as *mut $pack) = self;
            }
            unsafe fn store_real(value: <$pack as Pack>::Real, to: Local) {
                *(to as *mut <$pack as Pack>::Real) = value;
            }
        }
    };
}
local_pack!(F32x4);
local_pack!(F64x2);
