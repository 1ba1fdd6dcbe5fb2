#!/usr/bin/env bash
# Builds every guest of examples/ to target/guests/NAME.wasm, and ringfence-core for the
# targets that have no operating system.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

wasm=wasm32-unknown-unknown
bare_metal=(
    thumbv7em-none-eabihf thumbv7em-none-eabi thumbv6m-none-eabi
    riscv32imac-unknown-none-elf aarch64-unknown-none x86_64-unknown-none
)

main() {
    [ "$(guest_rustc $wasm)" != none ] ||
        fail "guests: no compiler for $wasm: run .ci/setup.sh wasm-target"
    build_guests
    guest_cargo $wasm core,alloc,std,panic_abort build -p ringfence-core
    build_bare_metal
}

build_guests() {
    local manifest packages=()
    for manifest in examples/strategy-*/Cargo.toml; do
        packages+=("$(basename "$(dirname "$manifest")")")
    done
    build_modules "${packages[@]}"
    build_c strategy-quoter-c quoter.c
    build_assemblyscript strategy-quoter-as
    # Apart, because it wants the engine with its testing parts, which strategies must not get.
    build_modules guest-engine
}

# Builds an example in C.
build_c() {
    local clang
    if ! clang="$(find_clang)"; then
        say "guests: skipped: $1: there is no clang that makes Wasm (run .ci/setup.sh clang)"
        return 0
    fi
    # Bulk memory, because there is no memset to call.
    "$clang" --target=wasm32-unknown-unknown -std=c11 -O2 -mbulk-memory -Wall -Wextra -Werror \
        -nostdlib -ffreestanding -Iguest-sdk/include -Wl,--no-entry -Wl,-z,stack-size=16384 \
        -o "target/guests/.$1.wasm" "examples/$1/$2"
    mv "target/guests/.$1.wasm" "target/guests/$1.wasm"
    say "guests: target/guests/$1.wasm ($(stat -c %s "target/guests/$1.wasm") bytes)"
}

# Builds an example in AssemblyScript: with npm, of which `npm ci` gets the compiler that its lock
# file names.
build_assemblyscript() {
    local folder="examples/$1" log="target/guests/$1.log"
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        say "guests: skipped: $1: there is no node with npm"
        return 0
    fi
    if ! [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
        if ! npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund >"$log" 2>&1 </dev/null; then
            say "guests: skipped: $1: npm cannot get its compiler (see $log)"
            return 0
        fi
    fi
    npm run build --prefix "$folder" >"$log" 2>&1 </dev/null || fail "guests: $1: $(tail -5 "$log")"
    mv "$folder/build/quoter.wasm" "target/guests/$1.wasm"
    say "guests: target/guests/$1.wasm ($(stat -c %s "target/guests/$1.wasm") bytes)"
}

# Builds these packages together, and leaves each module in target/guests.
build_modules() {
    local name
    guest_cargo $wasm core,alloc,std,panic_abort build --profile guest "${@/#/--package=}"
    for name in "$@"; do
        # Installed by a rename, so that whoever reads it meanwhile sees the old or the new one.
        cp "target/guests/$wasm/guest/${name//-/_}.wasm" "target/guests/.$name.wasm"
        mv "target/guests/.$name.wasm" "target/guests/$name.wasm"
        say "guests: target/guests/$name.wasm ($(stat -c %s "target/guests/$name.wasm") bytes)"
    done
}

# The first bare-metal target that is installed, else one whose library we can build. That it builds
# is all we ask, so nothing is optimised.
build_bare_metal() {
    local target
    export CARGO_PROFILE_DEV_OPT_LEVEL=0
    for target in "${bare_metal[@]}"; do
        if [ "$(guest_rustc "$target")" = target ]; then
            say "guests: ringfence-core for $target"
            guest_cargo "$target" core,alloc build -p ringfence-core
            return 0
        fi
    done
    target="${bare_metal[0]}"
    if [ "$(guest_rustc "$target")" = source ]; then
        say "guests: ringfence-core for $target, its library built from source"
        guest_cargo "$target" core,alloc build -p ringfence-core
    else
        say "guests: skipped: no bare-metal target is installed (rustup target add $target)"
    fi
}

main "$@"
