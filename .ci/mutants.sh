#!/usr/bin/env bash
# Mutation testing of engine-core: does a test fail when the code is changed?
#
#   .ci/mutants.sh K/N FOLDER    every Nth mutant, from the Kth on, against the quick tests
#   .ci/mutants.sh again FOLDER  those that the quick tests missed, against all tests of the core
#
# Needs cargo-mutants. A mutant takes some fifteen seconds, one that is tried again two minutes.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

main() {
    [ $# = 2 ] || fail "mutants: say which (K/N or again) and where to"
    export CARGO_INCREMENTAL=1 CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0
    unset CARGO_TARGET_DIR
    if [ "$1" = again ]; then
        again "$2"
    else
        cargo mutants -p ringfence-core -e 'engine-core/src/testing/**' -e '**/tests.rs' -e '**/tests/**' \
            --shard "$1" --sharding round-robin --timeout 60 -o "$2" \
            -- --lib --test scenarios --test secrecy --test ledger --test semantics --test allocations
    fi
}

# One by one, in a copy of the tree.
again() {
    local folder="$1/mutants.out" copy="$1/copy" name diff
    [ -d "$copy" ] || git clone -q "$root" "$copy"
    cd "$copy"
    while read -r diff name; do
        git checkout -q .
        if ! patch -s --no-backup-if-mismatch "${name%%:*}" <"$folder/$diff" >/dev/null 2>&1; then
            say "GONE    $name"
        elif ! cargo test -q -p ringfence-core --no-run >/dev/null 2>&1; then
            say "BROKEN  $name"
        elif timeout 900 cargo test -q -p ringfence-core >/dev/null 2>&1; then
            say "MISSED  $name"
        else
            say "caught  $name"
        fi
    done < <(missed "$folder")
}

missed() {
    python3 - "$1/outcomes.json" <<'PY'
import json, sys
for outcome in json.load(open(sys.argv[1]))["outcomes"]:
    if outcome["summary"] == "MissedMutant":
        print(outcome["diff_path"], outcome["scenario"]["Mutant"]["name"])
PY
}

main "$@"
