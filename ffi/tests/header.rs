//! Holds include/sawlog.h to what cbindgen writes from this crate.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{env, fs, path::Path};

/// The files in the order of the header; what tests alone can call is not in it.
const FILES: [&str; 13] = [
    "version",
    "types",
    "status",
    "diagnostics",
    "resources",
    "config",
    "needs",
    "pipeline",
    "worker",
    "arrow",
    "event",
    "rejects",
    "stats",
];

#[test]
fn header_is_what_the_crate_says() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).unwrap();
    let builder =
        FILES.iter().fold(cbindgen::Builder::new().with_config(config), |builder, name| {
            builder.with_src(package.join("src").join(format!("{name}.rs")))
        });
    let mut written = Vec::new();
    builder.generate().unwrap().write(&mut written);
    let written = String::from_utf8(written).unwrap();
    let path = package.join("../include/sawlog.h");
    if env::var_os("BLESS").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == written, "{} is out of date: BLESS=1 writes it", path.display());
}
