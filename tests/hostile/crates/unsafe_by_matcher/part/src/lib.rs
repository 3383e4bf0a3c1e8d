#![no_std]

#[macro_export]
macro_rules! define {
    ($pattern:tt) => {
        macro_rules! read {
            $pattern => { unsafe { *(1 as *const u8) } };
        }
    };
}
