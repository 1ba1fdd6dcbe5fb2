#!/usr/bin/env bash
# A trading day with three strategies, three times on each Wasm engine. All must end in the same state.
#
#   MESSAGES, ORDERBOOK   a day in LOBSTER form; without them a day is made up from SEED
#   SEED, COUNT           of the day that is made up: default 7, 200000

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

out=target/demo

main() {
    .ci/setup.sh
    .ci/build-guests.sh
    build_ringfence
    mkdir -p $out
    choose_day
    # The first run on an engine may compile; the next two start from the code that was kept.
    for run in 1 2 3 4 5 6; do
        replay "${runtimes[(run - 1) / 3]}" "$run"
    done
    compare
}

# Sets ringfence (the program) and runtimes (what each of the two runs uses).
build_ringfence() {
    if find_wasmedge && find_libclang >/dev/null; then
        .ci/env.sh cargo build --release -p ringfence-host --bin ringfence --features wasmedge
        ringfence="target/we/$(uname -m)-unknown-linux-gnu/release/ringfence"
        runtimes=(wasmedge wasmtime)
    else
        say "demo: libwasmedge 0.14 is not here: both runs are on wasmtime"
        cargo build --release -p ringfence-host --bin ringfence
        ringfence=target/release/ringfence
        runtimes=(wasmtime wasmtime)
    fi
}

choose_day() {
    if [ -n "${MESSAGES:-}" ]; then
        messages="$MESSAGES" orderbook="${ORDERBOOK:-}"
        return 0
    fi
    messages=$out/messages.csv orderbook=$out/orderbook.csv
    local seed="${SEED:-7}" count="${COUNT:-200000}"
    say "demo: a made-up day: seed $seed, $count messages"
    "$ringfence" generate --seed "$seed" --count "$count" --messages $messages --orderbook $orderbook
}

# Replays the day on runtime $1. What it prints is kept as run $2, and shown where it is the first on
# its runtime.
replay() {
    local runtime="$1" run="$2" strategy arguments=()
    for strategy in quoter momentum twap; do
        arguments+=(--strategy "target/guests/strategy-$strategy.wasm")
    done
    [ -z "$orderbook" ] || arguments+=(--orderbook "$orderbook")
    [ "$run" != 1 ] || arguments+=(--report $out/report.html)
    if [ $((run % 3)) = 1 ]; then
        say; say "demo: $runtime"
    fi
    "$ringfence" replay --format lobster --messages "$messages" "${arguments[@]}" \
        --runtime "$runtime" --hash >"$out/run-$run.out" 2>"$out/run-$run.err" || {
        cat "$out/run-$run.err" >&2
        fail "demo: FAILED: run $run, on $runtime"
    }
    if [ $((run % 3)) = 1 ]; then
        cat "$out/run-$run.err" "$out/run-$run.out"
    else
        say "run $((run - (run - 1) / 3 * 3)) of 3 on $runtime: $(grep 'slowest cold start' "$out/run-$run.err"); $(hash_of "$run")"
    fi
}

hash_of() { sed -n 's/.*"ev":"state","hash":"\([0-9a-f]*\)".*/state \1/p' "$out/run-$1.out"; }

compare() {
    local run first
    first="$(hash_of 1)"
    [ -n "$first" ] || fail "demo: FAILED: the first run printed no state hash"
    for run in 2 3 4 5 6; do
        [ "$(hash_of $run)" = "$first" ] ||
            fail "demo: FAILED: run $run, on ${runtimes[(run - 1) / 3]}, ended in another state:" \
                "$(hash_of $run) instead of $first"
    done
    say; say "identical state hash in three runs on ${runtimes[0]} and three on ${runtimes[1]}: ${first#state }"
    say "report: $root/$out/report.html"
}

main "$@"
