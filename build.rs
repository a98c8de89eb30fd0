//! How the binary is linked: its relocations packed, a few kilobytes of them instead of megabytes that every start reads.

use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if glibc().is_some_and(|version| version >= (2, 36)) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of the C library that will load the binary, where that is this machine's: older ones cannot read what is packed.
fn glibc() -> Option<(u32, u32)> {
    let is_here = var("HOST").ok()? == var("TARGET").ok()? && var("CARGO_CFG_TARGET_ENV").ok()? == "gnu";
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok().filter(|_| is_here)?;
    let text = String::from_utf8(said.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}
