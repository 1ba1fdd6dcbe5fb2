#!/usr/bin/env bash
# A trading day with three strategies, once on each Wasm engine. Both must end in the same state.
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
    for run in 1 2; do
        replay "${runtimes[run - 1]}" "$run"
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

# Replays the day on runtime $1; what it prints is kept as run $2.
replay() {
    local runtime="$1" run="$2" report=$out/report.html strategy arguments=()
    [ "$run" = 1 ] || report=$out/report-$run.html
    for strategy in quoter momentum twap; do
        arguments+=(--strategy "target/guests/strategy-$strategy.wasm")
    done
    [ -z "$orderbook" ] || arguments+=(--orderbook "$orderbook")
    say; say "demo: run $run of 2, on $runtime"
    "$ringfence" replay --format lobster --messages "$messages" "${arguments[@]}" \
        --runtime "$runtime" --hash --report "$report" | tee "$out/run-$run.out"
}

compare() {
    local first second
    first="$(grep '"ev":"state"' $out/run-1.out | tail -1)" || true
    second="$(grep '"ev":"state"' $out/run-2.out | tail -1)" || true
    [ -n "$first" ] || fail "demo: FAILED: the first run printed no state hash"
    [ "$first" = "$second" ] ||
        fail "demo: FAILED: the runs ended in different states: ${runtimes[0]} $first, ${runtimes[1]} $second"
    say; say "identical state hash on ${runtimes[0]} and ${runtimes[1]}: $(sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/' <<<"$first")"
    say "report: $root/$out/report.html"
}

main "$@"
