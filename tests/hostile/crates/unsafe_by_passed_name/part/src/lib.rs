#![no_std]

macro_rules! import {
    ($name:ident) => {
        use core::$name as text;
    };
}

macro_rules! pass {
    ($bang:tt) => {
        import $bang (include);
    };
}

pass!(!);
text!("rules.txt");
