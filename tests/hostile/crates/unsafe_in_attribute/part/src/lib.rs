#![no_std]

#[macro_export]
macro_rules! join {
    (#[$word:tt] $body:tt) => {
        $word $body
    };
}
