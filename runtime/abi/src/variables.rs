//! Variables: what the operator set for a service, as it reaches an invocation.
//!
//! They lie behind the request's body, name and value by turns, each ended by a zero byte:
//!
//! ```text
//! │ body … │ GREETING 0 Hello 0 │ STORE_URL 0 http://… 0 │
//!          └─ `Invoke::variables_bytes` ─────────────────┘
//! ```
//! The call [`Import::Variables`](crate::imports::Import::Variables) says where: the address in the lower 48 bits, the
//! length in the upper 16.

/// The most that a function's variables take, in bytes: what AWS Lambda allows for them.
pub const VARIABLES_BYTES: usize = 4096;

const ADDRESS_BITS: u32 = 48;

/// Address and length as the call returns them. User addresses have 47 bits.
#[must_use]
pub const fn pack(address: u64, bytes: u16) -> u64 {
    address | (bytes as u64) << ADDRESS_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_and_length_do_not_meet() {
        let packed = pack((1 << 47) - 1, u16::MAX);
        assert_eq!((packed & ((1 << 48) - 1), packed >> 48), ((1 << 47) - 1, 0xffff));
    }

    #[test]
    fn length_of_the_most_variables_is_told() {
        assert!(u16::try_from(VARIABLES_BYTES).is_ok());
    }
}
