//! The long part of `mote inspect --help`.

/// What the object of `--json` holds, and the statuses.
pub(crate) const JSON: &str = "\
Exit status: 0 if the loader takes the image, 3 if it refuses it, 2 if the file cannot be read.

With --json, one object on stdout. Addresses are those of the image as linked: text at 0, read-only
data at 0x20000000, data at 0x40000000.
  bytes         the file's length
  toolchain     the compiler that built it, or null
  abi_version   the ABI it was built for, or null
  provenance    what it was made of, or null: source and policy (SHA-256), build_seconds,
                build_memory_mib, is_sandboxed, is_optimised
  signature     key and is_valid, or null
  entry         address of its entry, or null
  segments      a list of name, address, file_bytes, memory_bytes, align, flags (such as \"r-x\")
  imports       a list of name, is_whitelisted, first_use (address or null)
  relocations   how many of each kind: relative, glob_dat, jump_slot, direct, other
  functions     a list of name (or null), address, bytes, landing_pads
  functions_left_out
                how many functions more there are than the list holds
  unwind_error  why its unwind tables cannot be read, or null
  stop_points   a list of address and kind: loop, entry or return
  longest_run   the most instructions that run without a stop point, or null
  counter       where it reads a counter of the processor, which nodes refuse whose tenants do not
                share workers; or null
  verdict       accepted (true or false), refusals (a list of messages), slot_bytes (what it takes
                in each window, or null)";
