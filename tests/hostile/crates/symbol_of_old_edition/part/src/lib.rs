#![no_std]

#[no_mangle]
pub extern "C" fn memcpy(to: usize, _from: usize, _bytes: usize) -> usize {
    to
}
