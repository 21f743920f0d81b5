//! Versions.

use crate::types::Str;

/// The version of the header's library: major.
pub const SAWLOG_VERSION_MAJOR: u32 = 0;
/// The version of the header's library: minor.
pub const SAWLOG_VERSION_MINOR: u32 = 1;
/// The version of the header's library: patch.
pub const SAWLOG_VERSION_PATCH: u32 = 0;
/// The version of the binary interface, and the number in the SONAME. It grows when a function or a struct changes in
/// a way that compiled programs cannot take; new functions, and new members at the end of structs, leave it.
pub const SAWLOG_ABI_VERSION: u32 = 1;

/// Gives the version of the library that runs, such as `0.1.0`.
///
/// Effect: none. Ownership: the text is the library's and lives as long as it. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sawlog_version() -> Str {
    Str::new(env!("CARGO_PKG_VERSION"))
}

/// Gives `SAWLOG_ABI_VERSION` of the library that runs, to be compared with the header's.
///
/// Effect: none. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn sawlog_abi_version() -> u32 {
    SAWLOG_ABI_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_package() {
        let numbers = [SAWLOG_VERSION_MAJOR, SAWLOG_VERSION_MINOR, SAWLOG_VERSION_PATCH];
        assert_eq!(numbers.map(|number| number.to_string()).join("."), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn library_is_named_after_the_interface() {
        let name = format!("libsawlog.so.{SAWLOG_ABI_VERSION}");
        assert!(include_str!("../build.rs").contains(&name));
    }
}
