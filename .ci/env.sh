#!/usr/bin/env bash
# The environment for building with the feature `wasmedge`. What is built in it starts by itself:
# each binary names its loader and its libraries' folder, so a user or a test can run it directly.
#
#   .ci/env.sh cargo test -p ringfence-host --features wasmedge     runs a command in it
#   eval "$(.ci/env.sh)"                                            puts a shell into it
#
# Cargo's target is named, although it is the host's, because the linker's arguments then reach the
# artefacts alone: build scripts and macros stay ordinary programs of this machine.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
    find_wasmedge || fail "env: there is no libwasmedge 0.14 here: run .ci/setup.sh wasmedge"
    find_libclang >/dev/null || fail "env: there is no libclang here: run .ci/setup.sh wasmedge"

    local triple="$(uname -m)-unknown-linux-gnu"
    local flags="-Clink-arg=-Wl,-rpath,$wasmedge_lib"
    if [ "$wasmedge_kind" = unpacked ]; then
        flags="$(unpacked_flags)"
    fi

    names=()
    set_variable WASMEDGE_INCLUDE_DIR "$wasmedge_prefix/include"
    set_variable WASMEDGE_LIB_DIR "$wasmedge_lib"
    set_variable LIBCLANG_PATH "$(find_libclang)"
    set_variable CARGO_BUILD_TARGET "$triple"
    set_variable CARGO_TARGET_DIR "$root/target/we"
    set_variable "CARGO_TARGET_$(echo "$triple" | tr 'a-z-' 'A-Z_')_RUSTFLAGS" "${RUSTFLAGS:+$RUSTFLAGS }$flags"

    # Cargo would read RUSTFLAGS instead of the target's own flags.
    unset RUSTFLAGS
    if [ $# -gt 0 ]; then
        cd "$caller_dir"
        exec "$@"
    fi
    say "unset RUSTFLAGS"
    for name in "${names[@]}"; do
        printf 'export %s=%q\n' "$name" "${!name}"
    done
}

# Flags for a binary that runs on the unpacked libraries. DT_RPATH instead of DT_RUNPATH, because
# only the former is also searched for the libraries that libwasmedge links to.
unpacked_flags() {
    local lib="$wasmedge_prefix/lib/$(multiarch)"
    local loader
    loader="$(compgen -G "$lib/ld-linux-*.so.*")"
    say "-Clink-arg=-Wl,--allow-shlib-undefined,--disable-new-dtags" \
        "-Clink-arg=-Wl,--dynamic-linker=$loader" "-Clink-arg=-Wl,-rpath,$lib"
}

set_variable() {
    export "$1=$2"
    names+=("$1")
}

main "$@"
