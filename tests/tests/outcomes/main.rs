//! How a service ends: by itself, by its machine code, and wherever its image lies.

mod faults;
mod services;
mod zones;
