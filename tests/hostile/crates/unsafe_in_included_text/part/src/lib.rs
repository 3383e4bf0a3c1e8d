#![no_std]

macro_rules! call {
    ($name:ident, $bang:tt, $file:literal) => {
        $name $bang ($file);
    };
}

call!(include, !, "rules.txt");
