//! How a service ends: by itself, by its machine code, and wherever its image lies.

mod denied;
mod faults;
mod services;
mod variables;
mod zones;
