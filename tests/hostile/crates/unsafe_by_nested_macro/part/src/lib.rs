#![no_std]

#[macro_export]
macro_rules! define {
    ($name:ident) => {
        macro_rules! $name {
            ($address:expr) => {
                unsafe { *$address }
            };
        }
    };
}
