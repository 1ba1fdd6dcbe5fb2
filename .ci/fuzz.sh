#!/usr/bin/env bash
# Runs each fuzz target, or the one named, for SECONDS_EACH (default 60).

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v cargo-fuzz >/dev/null || fail "fuzz: cargo-fuzz is not installed: cargo install cargo-fuzz"

# Lets the stable compiler instrument.
export RUSTC_BOOTSTRAP=1
[ -f fuzz/Cargo.toml ] || fail "fuzz: there is no fuzz/Cargo.toml"

for target in ${1:-$(cargo fuzz list)}; do
    say "== fuzz $target: ${SECONDS_EACH:-60} s"
    cargo fuzz run "$target" -- -max_total_time="${SECONDS_EACH:-60}"
done
