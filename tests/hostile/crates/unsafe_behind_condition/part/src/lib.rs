#![no_std]

#[cfg(target_arch = "x86_64")]
pub fn read(address: usize) -> u8 {
    unsafe { *(address as *const u8) }
}
