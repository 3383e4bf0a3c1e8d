#![no_std]
#![allow(unsafe_code)]

pub fn read(address: usize) -> u8 {
    unsafe { *(address as *const u8) }
}
