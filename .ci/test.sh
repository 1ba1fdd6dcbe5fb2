#!/usr/bin/env bash
# Everything that `make test` checks, one step after another; stops at the first that fails.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export RUSTDOCFLAGS="${RUSTDOCFLAGS:-} -Dwarnings"

# With libwasmedge at hand one build, with both engines, serves for everything; that the parts
# build without it is then only checked.
main() {
    step "setup" .ci/setup.sh
    step "README" .ci/check-readme.sh
    step "dependencies" .ci/check-dependencies.sh
    step "format" cargo fmt --all --check
    step "guests" .ci/build-guests.sh
    if find_wasmedge && find_libclang >/dev/null; then
        test_workspace .ci/env.sh "--features ringfence-host/wasmedge"
    else
        say "== tests with wasmedge: skipped: libwasmedge 0.14 is not here"
        test_workspace env ""
    fi
    step "fuzz targets" cargo check --manifest-path fuzz/Cargo.toml --target-dir target/fuzz
    test_licences
    say "all steps passed in $SECONDS s"
}

# Lints, tests and documentation, run by $1, with the features $2.
test_workspace() {
    local run="$1" features
    read -ra features <<<"$2"
    step "lints" "$run" cargo clippy --workspace --all-targets "${features[@]}" -- -D warnings
    step "core without snapshots" "$run" cargo clippy -p ringfence-core --no-default-features -- -D warnings
    step "builds without engines" "$run" cargo check -p ringfence-host --no-default-features
    step "builds with wasmtime alone" "$run" cargo check -p ringfence-host
    step "tests" "$run" cargo test --workspace --exclude ringfence-host --lib --bins --tests --examples
    # One test at a time: they share engines that share signal handlers.
    step "tests of the host" env RUST_TEST_THREADS=1 "$run" cargo test -p ringfence-host --lib --bins --tests "${features[@]}"
    step "documented examples" "$run" cargo test --workspace --doc "${features[@]}"
    step "documentation" "$run" cargo doc --workspace --no-deps "${features[@]}"
}

test_licences() {
    if command -v cargo-deny >/dev/null; then
        step "licences" cargo deny check bans licenses sources
    else
        say "== licences: skipped: cargo-deny is not installed"
    fi
}

# Runs a command under a heading, and tells how long it took.
step() {
    local name="$1" start=$SECONDS
    shift
    say "== $name: $*"
    if "$@"; then
        say "== $name: $((SECONDS - start)) s"
    else
        fail "== $name: FAILED after $((SECONDS - start)) s: $*"
    fi
}

main "$@"
