# What the scripts in this folder share. Sourced, never run.

set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
caller_dir="$PWD"
cd "$root"

# Where setup keeps its log and stamps, and where an unpacked libwasmedge lives.
setup_dir="$root/target/setup"
wasmedge_dir="$root/target/wasmedge"

# The oldest rustc that can build the workspace, as the minor version of 1.x.
rustc_minor_min="$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' Cargo.toml | head -1)"

say() { printf '%s\n' "$*"; }

# Prints one sentence to stderr and fails.
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Runs a command as root, directly or by a sudo that asks for no password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

# How guests can be built for the target $1: `target` (its library is installed), `source` (by
# Debian's rustc-web, library included) or `none`. RINGFENCE_GUEST_RUSTC forces one of them.
guest_rustc() {
    if [ -n "${RINGFENCE_GUEST_RUSTC:-}" ]; then
        say "$RINGFENCE_GUEST_RUSTC"
    elif [ -d "$(rustc --print sysroot)/lib/rustlib/$1/lib" ]; then
        say target
    elif has_source_rustc; then
        say source
    else
        say none
    fi
}

# Whether Debian's rustc-web and its library's source are here and new enough.
has_source_rustc() {
    [ -x /usr/bin/rustc ] || return 1
    [ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ] || return 1
    local minor
    minor="$(/usr/bin/rustc --version | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')"
    [ "${minor:-0}" -ge "${rustc_minor_min:-0}" ]
}

# Builds for a target without a host: `guest_cargo TARGET STD-CRATES CARGO-ARGUMENTS…`, STD-CRATES
# being what -Zbuild-std builds where the target's library is not installed. Never in increments: those come out
# larger than what is built at once.
guest_cargo() {
    local target="$1" std="$2"
    shift 2
    # As `ringfence strategy new` has it: with less memory a guest starts sooner.
    local -x CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Clink-arg=-zstack-size=131072"
    case "$(guest_rustc "$target")" in
    target)
        env -u RUSTFLAGS CARGO_TARGET_DIR="$root/target/guests" CARGO_INCREMENTAL=0 \
            cargo "$@" --target "$target"
        ;;
    source)
        local triple
        triple="$(echo "$target" | tr 'a-z-' 'A-Z_')"
        env -u RUSTFLAGS CARGO_TARGET_DIR="$root/target/guests" CARGO_INCREMENTAL=0 \
            RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
            "CARGO_TARGET_${triple}_LINKER=$(rust_lld)" \
            cargo "$@" --target "$target" "-Zbuild-std=$std"
        ;;
    *) return 1 ;;
    esac
}

# A linker for wasm32: the one that comes with rustup's toolchain, else one of the system's.
rust_lld() {
    local found
    found="$(find -L "$(rustc --print sysroot)/lib/rustlib" -name rust-lld 2>/dev/null | head -1)"
    [ -n "$found" ] || found="$(command -v rust-lld wasm-ld wasm-ld-19 2>/dev/null | head -1)"
    say "$found"
}

# A clang that makes Wasm modules, linker included, or nothing.
find_clang() {
    local name
    for name in "${RINGFENCE_CLANG:-}" clang-19 clang; do
        if [ -n "$name" ] && echo 'void f(void) {}' |
            "$name" --target=wasm32 -nostdlib -Wl,--no-entry -x c - -o /dev/null 2>/dev/null; then
            say "$name"
            return 0
        fi
    done
    return 1
}

# The multiarch name of this machine's libraries, or nothing where we have not seen it work.
multiarch() {
    case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) say x86_64-linux-gnu ;;
    Linux-aarch64) say aarch64-linux-gnu ;;
    esac
}

# The folder of libwasmedge's headers: $1 is a prefix. True where it is the version that
# wasmedge-sdk 0.14 expects.
is_wasmedge_0_14() {
    [ -f "$1/include/wasmedge/version.h" ] &&
        grep -q 'define WASMEDGE_VERSION "0\.14\.' "$1/include/wasmedge/version.h"
}

# Sets wasmedge_prefix, wasmedge_lib and wasmedge_kind (`installed` or `unpacked`); false where
# there is none.
find_wasmedge() {
    local prefix lib
    for prefix in "${WASMEDGE_DIR:-}" /usr/local "${HOME:-}/.wasmedge" "${HOME:-}/.local" /usr; do
        [ -n "$prefix" ] && is_wasmedge_0_14 "$prefix" || continue
        for lib in "$prefix/lib/$(multiarch)" "$prefix/lib64" "$prefix/lib"; do
            if [ -e "$lib/libwasmedge.so" ]; then
                wasmedge_prefix="$prefix" wasmedge_lib="$lib" wasmedge_kind=installed
                return 0
            fi
        done
    done
    if [ -f "$wasmedge_dir/complete" ]; then
        wasmedge_prefix="$wasmedge_dir/root/usr" wasmedge_lib="$wasmedge_dir/link"
        wasmedge_kind=unpacked
        return 0
    fi
    return 1
}

# The folder that holds libclang, which wasmedge-sys reads the C headers with: the newest of Debian's
# that has its own headers beside it, else wherever another system keeps it.
find_libclang() {
    local lib
    if [ -n "${LIBCLANG_PATH:-}" ]; then
        say "$LIBCLANG_PATH"
        return 0
    fi
    for lib in $(compgen -G '/usr/lib/llvm-*/lib' | sort -rV); do
        if has_libclang "$lib" && compgen -G "$lib/clang/*/include/stddef.h" >/dev/null; then
            say "$lib"
            return 0
        fi
    done
    [ ! -e /etc/debian_version ] || return 1
    for lib in /usr/lib64 /usr/lib /usr/local/lib; do
        if has_libclang "$lib"; then
            say "$lib"
            return 0
        fi
    done
    return 1
}

has_libclang() {
    compgen -G "$1/libclang.so*" >/dev/null || compgen -G "$1/libclang-[0-9]*.so*" >/dev/null
}
