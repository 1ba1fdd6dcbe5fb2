#!/usr/bin/env bash
# Measures what the README says of the replay, on the shared LOBSTER files, and writes it there.
#
#   LOBSTER   the folder with the files; default ../shared/data/lobster

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

data="${LOBSTER:-../shared/data/lobster}"
hour_messages=$data/aapl_L50_0930_1030/AAPL_2012-06-21_34200000_37800000_message_50.csv.gz
hour_book=$data/aapl_L50_0930_1030/AAPL_2012-06-21_34200000_37800000_orderbook_50_first4columns.csv.gz
rows=$data/aapl_L50_672rows
out=target/figures

main() {
    [ -f "$hour_messages" ] || fail "figures: $hour_messages is not there: name the folder by LOBSTER=…"
    .ci/setup.sh
    find_wasmedge && find_libclang >/dev/null || fail "figures: libwasmedge 0.14 is not here"
    .ci/build-guests.sh
    .ci/env.sh cargo build --release -p ringfence-host --bin ringfence --features wasmedge
    ringfence="target/we/$(uname -m)-unknown-linux-gnu/release/ringfence"
    mkdir -p $out
    verify
    strategies
    table >$out/table.md
    write_readme
    cat $out/table.md
}

verify() {
    "$ringfence" replay --format lobster --messages "$hour_messages" --orderbook "$hour_book" \
        --seed "$rows/orderbook_50.csv.gz" --verify --allow-rows 90 >$out/hour.out 2>$out/hour.err
    "$ringfence" replay --format lobster --messages "$rows/message_50.csv.gz" \
        --orderbook "$rows/orderbook_50.csv.gz" --verify --levels 20 >$out/rows.out 2>$out/rows.err
}

# Once to compile, then three times on each engine from kept code.
strategies() {
    local runtime run strategy arguments=()
    for strategy in quoter momentum twap; do
        arguments+=(--strategy "target/guests/strategy-$strategy.wasm")
    done
    for runtime in wasmtime wasmedge; do
        for run in 0 1 2 3; do
            "$ringfence" replay --format lobster --messages "$hour_messages" --orderbook "$hour_book" \
                --seed "$rows/orderbook_50.csv.gz" "${arguments[@]}" --runtime $runtime --hash \
                >"$out/$runtime-$run.out" 2>"$out/$runtime-$run.err"
        done
    done
}

table() {
    local hashes kept
    hashes="$(sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p' $out/wasm*-[123].out | sort -u)"
    [ "$(wc -w <<<"$hashes")" = 1 ] || fail "figures: the runs ended in different states: $hashes"
    kept="$(sed -n 's/^slowest cold start  \(.*\) (kept code).*/\1/p' $out/wasm*-[123].err | sort -k2,2 -k1,1n | tail -1)"
    cat <<END
Measured by \`.ci/figures.sh\` on $(machine), commit $(git rev-parse --short HEAD), release build, a LOBSTER hour of AAPL
(91,997 messages; \`--seed\` its 50-level first row):

| what | figure |
|---|---|
| executions $(field hour.out executions) | all at the head trade with the order named: $(number hour.out 'at the head, traded with another order') with another |
| best bid and offer equal to the published row | $(number hour.out 'rows equal') of 91,997 |
| 672-row file, 20 levels | $(number rows.out 'rows equal') of 672 rows equal |
| per command, reading included, no strategy | $(sed -n 's/^latency per command *\(p50 [^ ]* [^ ]*\).*\(p99 [^ ]* [^ ]*\)  p99.9 .*/\1, \2/p' $out/hour.err) |
| three strategies, state after the hour | \`$hashes\` on wasmtime and on WasmEdge, three runs each |
| slowest cold start from kept code | $kept |
END
}

field() { sed -n "s/^$2 *//p" "$out/$1" | head -1; }
number() { field "$1" "$2" | grep -o '[0-9,]*' | head -1; }
machine() { echo "$(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1) ($(uname -sr))"; }

# Between the two marks.
write_readme() {
    sed -i -e '/<!-- figures -->/,/<!-- end of figures -->/{//!d}' \
        -e "/<!-- figures -->/r $out/table.md" README.md
}

main "$@"
