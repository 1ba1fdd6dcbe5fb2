#!/usr/bin/env bash
# What features cost that are switched on nowhere: instructions a command of the measuring workload,
# with the tests for them and in a copy of the tree without. Needs valgrind; takes some ten minutes.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

copy="$root/target/feature-cost"

main() {
    command -v valgrind >/dev/null || fail "feature-cost: there is no valgrind here"
    local workload with without
    mkdir -p "$copy"
    for part in Cargo.toml Cargo.lock engine-core guest-sdk host examples benches; do
        rm -rf "${copy:?}/$part"
        cp -a "$root/$part" "$copy/$part"
    done
    build "$copy" && mv "$copy/target/release/compare" "$copy/with"
    take_tests_out
    build "$copy" && mv "$copy/target/release/compare" "$copy/without"
    say "| workload | with | without | more |"
    say "|---|---|---|---|"
    for workload in A B C; do
        with="$(instructions "$copy/with" $workload)"
        without="$(instructions "$copy/without" $workload)"
        say "| $workload | $with | $without | $(percent "$with" "$without") % |"
    done
}

build() {
    say "building in $1" >&2
    (cd "$1" && CARGO_TARGET_DIR="$1/target" RUSTFLAGS=-Awarnings cargo build -q --profile bench -p ringfence-benches --bin compare)
}

# The short way as it would be without anything that could be switched on.
take_tests_out() {
    replace engine-core/src/engine.rs \
        'if self.accounts.watch || (!self.store.timers.is_empty() && self.is_due(at)) {' 'if false {'
    replace engine-core/src/engine.rs 'desk.book.heed.is_empty() && command.go(&mut desk)' 'command.go(&mut desk)'
    replace engine-core/src/engine.rs 'if expired || !self.accounts.tripped.is_empty() {' 'if false {'
    replace engine-core/src/engine.rs '!self.store.timers.is_empty() && self.expire(events)' 'false'
}

# Replaces a line's part, and fails where it is not there any more.
replace() {
    grep -qF "$2" "$copy/$1" || fail "feature-cost: $1 has no \`$2\` any more: mend this script"
    python3 - "$copy/$1" "$2" "$3" <<'PY'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
open(path, "w").write(text.replace(old, new))
PY
}

instructions() {
    local counted
    counted="$(valgrind --tool=callgrind --toggle-collect='*timed*' --callgrind-out-file=/dev/null \
        "$1" --only ringfence --workload "$2" --rounds 1 2>&1 | sed -n 's/.*Collected : \([0-9]*\).*/\1/p')"
    [ -n "$counted" ] || fail "feature-cost: valgrind counted nothing"
    # Two million commands, one by one.
    awk -v n="$counted" 'BEGIN { printf "%.1f", n / 2000000 }'
}

percent() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", (a / b - 1) * 100 }'
}

main "$@"
