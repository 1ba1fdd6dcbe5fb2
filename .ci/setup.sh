#!/usr/bin/env bash
# Gets what a plain Rust machine may lack: a compiler for Wasm guests, one for those in C, and
# libwasmedge. Does nothing, and prints nothing, where nothing is missing.
#
#   .ci/setup.sh              all of them; fails only where guests cannot be built
#   .ci/setup.sh wasm-target  a compiler for wasm32-unknown-unknown
#   .ci/setup.sh clang        a C compiler for guests, for the example in C; fails where it cannot
#   .ci/setup.sh wasmedge     libwasmedge 0.14 and libclang; fails where it cannot

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

log="$setup_dir/log"
rustup_seconds_max=30

main() {
    mkdir -p "$setup_dir"
    exec 9>"$setup_dir/lock"
    command -v flock >/dev/null && flock 9
    case "${1:-all}" in
    all)
        setup_wasm_target
        setup_wasmedge || true
        setup_clang || true
        ;;
    clang) setup_clang ;;
    wasm-target) setup_wasm_target ;;
    wasmedge) setup_wasmedge ;;
    *) fail "setup: no such part: $1 (there are wasm-target, wasmedge and clang)" ;;
    esac
}

setup_wasm_target() {
    command -v cargo >/dev/null || fail "setup: there is no cargo here: install Rust 1.$rustc_minor_min or later"
    [ "$(guest_rustc wasm32-unknown-unknown)" = none ] || return 0
    add_rustup_target && return 0
    install_source_rustc && return 0
    fail "setup: cannot build Wasm guests: run 'rustup target add wasm32-unknown-unknown', or, as root on Debian," \
        "'apt-get install rustc-web rust-web-src' (1.$rustc_minor_min or later, from the security suite); see $log"
}

# Asks rustup once for each toolchain: where it cannot reach its server it would only fail again.
add_rustup_target() {
    command -v rustup >/dev/null || return 1
    local stamp="$setup_dir/rustup-failed"
    [ "$(cat "$stamp" 2>/dev/null)" != "$(rustc --version)" ] || return 1
    say "setup: rustup target add wasm32-unknown-unknown"
    if timeout "$rustup_seconds_max" rustup target add wasm32-unknown-unknown >>"$log" 2>&1 </dev/null; then
        return 0
    fi
    say "setup: rustup cannot fetch the target; looking for another compiler (delete ${stamp#"$root/"} to ask it again)"
    rustc --version >"$stamp"
    return 1
}

install_source_rustc() {
    command -v apt-get >/dev/null || return 1
    say "setup: apt-get install rustc-web rust-web-src (a compiler that builds the target's library from source)"
    install_packages rustc-web rust-web-src || return 1
    has_source_rustc
}

setup_wasmedge() {
    if ! find_wasmedge; then
        install_wasmedge || return 1
    fi
    if ! find_libclang >/dev/null; then
        install_libclang || return 1
    fi
}

# The example in C is left out where there is none.
setup_clang() {
    ! find_clang >/dev/null || return 0
    if command -v apt-get >/dev/null; then
        say "setup: apt-get install clang lld (they build the example in C)"
        install_packages clang-19 lld-19 || install_packages clang lld || true
        ! find_clang >/dev/null || return 0
    fi
    say "setup: cannot install clang (see $log); the example in C is not built"
    return 1
}

# Newer systems package libwasmedge themselves; older ones get Debian 13's, with its C library.
install_wasmedge() {
    if [ -n "$(multiarch)" ] && command -v apt-get >/dev/null; then
        if has_old_glibc && unpack_wasmedge; then
            return 0
        fi
        say "setup: apt-get install libwasmedge-dev"
        install_packages libwasmedge-dev && find_wasmedge && return 0
    fi
    say "setup: cannot get libwasmedge 0.14 (see $log); building without the feature wasmedge"
    return 1
}

# Whether programs built here can run on Debian 13's C library: it is at least as new as this
# machine's.
has_old_glibc() {
    printf '%s\n2.41\n' "$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)" | sort -VC
}

install_libclang() {
    say "setup: apt-get install libclang (it reads the headers of libwasmedge)"
    if command -v apt-get >/dev/null; then
        install_packages libclang1-19 libclang-common-19-dev && return 0
        install_packages libclang-dev && return 0
    fi
    say "setup: cannot install libclang (see $log); building without the feature wasmedge"
    return 1
}

# Installs packages from the machine's own sources.
install_packages() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update >>"$log" 2>&1 </dev/null || true
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1 </dev/null
}

# Unpacks Debian 13's libwasmedge with all that it links to, loader and C library included, into
# target/wasmedge/root: nothing of the system changes. `link` holds libwasmedge alone, because
# wasmedge-sys puts that folder on rustc's own LD_LIBRARY_PATH.
unpack_wasmedge() {
    local source
    source="$(debian_source)" || {
        echo "no Debian mirror among the machine's apt sources" >>"$log"
        return 1
    }
    say "setup: unpacking Debian 13's libwasmedge into target/wasmedge (52 MB to fetch)"
    rm -rf "$wasmedge_dir"
    mkdir -p "$wasmedge_dir"/{apt/lists/partial,apt/archives/partial,debs,root,link}
    echo "$source" >"$wasmedge_dir/apt/sources.list"
    (
        cd "$wasmedge_dir/debs"
        private_apt update && private_apt download "${wasmedge_packages[@]/%//trixie}"
    ) >>"$log" 2>&1 </dev/null || return 1

    local deb
    for deb in "$wasmedge_dir"/debs/*.deb; do
        dpkg-deb -x "$deb" "$wasmedge_dir/root" >>"$log" 2>&1 || return 1
    done
    is_wasmedge_0_14 "$wasmedge_dir/root/usr" || return 1
    cp -a "$wasmedge_dir/root/usr/lib/$(multiarch)"/libwasmedge.so* "$wasmedge_dir/link/" || return 1
    rm -rf "$wasmedge_dir/debs" "$wasmedge_dir/apt"
    touch "$wasmedge_dir/complete"
}

# An apt that has its own sources, lists and cache, and leaves the machine's alone.
private_apt() {
    apt-get -q \
        -o Dir::Etc::SourceList="$wasmedge_dir/apt/sources.list" \
        -o Dir::Etc::SourceParts=/nonexistent \
        -o Dir::Etc::PreferencesParts=/nonexistent \
        -o Dir::State::Lists="$wasmedge_dir/apt/lists" \
        -o Dir::Cache="$wasmedge_dir/apt" \
        -o APT::Default-Release= \
        -o APT::Sandbox::User="$(id -un)" \
        -o Acquire::Languages=none \
        -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
        "$@"
}

# One line of an apt source for suite trixie, at the mirror that the machine's own sources name for
# Debian: the first entry of type `deb` with the machine's release among its suites and `main` among
# its components, from the deb822 files or the one-line files.
debian_source() {
    local codename
    codename="$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)"
    { deb822_sources; one_line_sources; } | awk -v codename="$codename" '
        {
            uri = $1; key = $2; found = 0; main = 0
            for (i = 3; i <= NF; i++) {
                if ($i == codename || $i == "stable") found = 1
                if ($i == "main") main = 1
            }
            if (found && main && !done++)
                printf "deb %s%s trixie main\n", (key == "-" ? "" : "[signed-by=" key "] "), uri
        }
        END { exit !done }'
}

# Prints `URI KEYRING-or-- SUITES… COMPONENTS…` for each stanza of the .sources files.
deb822_sources() {
    local file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$file" ] || { sed '/^#/d' "$file"; echo; }
    done | awk '
        function flush() {
            if (uris != "" && types ~ /(^| )deb( |$)/ && enabled != "no") {
                split(uris, uri, " ")
                print uri[1], (key ~ /^\// ? key : "-"), suites, components
            }
            uris = suites = components = key = types = enabled = field = ""
        }
        /^[ \t]*$/ { flush(); next }
        /^[ \t]/ { if (field == "uris") uris = uris " " $1; next }
        {
            field = tolower($1); sub(/:.*/, "", field)
            value = $0; sub(/^[^:]*:[ \t]*/, "", value)
            if (field == "uris") uris = value
            if (field == "suites") suites = value
            if (field == "components") components = value
            if (field == "signed-by") key = value
            if (field == "types") types = value
            if (field == "enabled") enabled = tolower(value)
        }
        END { flush() }'
}

# The same for the .list files.
one_line_sources() {
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } | awk '
        $1 == "deb" {
            key = "-"
            line = $0
            if (match(line, /\[[^]]*\]/)) {
                options = substr(line, RSTART + 1, RLENGTH - 2)
                line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
                if (match(options, /signed-by=[^ ]*/))
                    key = substr(options, RSTART + 10, RLENGTH - 10)
            }
            sub(/#.*/, "", line)
            n = split(line, word, " ")
            printf "%s %s", word[2], key
            for (i = 3; i <= n; i++) printf " %s", word[i]
            print ""
        }'
}

wasmedge_packages=(
    libwasmedge0 libwasmedge-dev wasmedge libfmt10 libspdlog1.15 libllvm19 libstdc++6 libgcc-s1 libc6
    libzstd1 zlib1g libedit2 libffi8 libxml2 libz3-4 libtinfo6 libbsd0 libmd0 libicu76 liblzma5
)

main "$@"
