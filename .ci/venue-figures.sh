#!/usr/bin/env bash
# Measures a venue over loopback: `ringfence run` and `ringfence load` as two processes on this machine,
# each option on and off, in turns. Prints tables in Markdown, medians of ROUNDS.
#
#   .ci/venue-figures.sh latency        200,000 orders a second under each policy, and with each option changed
#   .ci/venue-figures.sh throughput     1,000,000 orders a second for 60 seconds
#   .ci/venue-figures.sh soak           TRADES (100,000,000) trades at RATE (500,000) orders a second; memory, then recovery
#
#   ROUNDS (3), SECONDS_EACH (8), BINARY (built where it is not named), FOLDER (target: where it makes its folder venue-figures)

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds="${ROUNDS:-3}"
seconds="${SECONDS_EACH:-8}"
# Of its own, since it is removed at each beginning.
folder="${FOLDER:-$root/target}/venue-figures"
port=$((20000 + RANDOM % 10000))

main() {
    if [ -z "${BINARY:-}" ]; then
        cargo build --release -p ringfence-host --no-default-features --bin ringfence
        BINARY="${CARGO_TARGET_DIR:-target}/release/ringfence"
    fi
    trap 'kill "$venue" 2>/dev/null || true' EXIT
    say "commit $(git describe --always --dirty), $(nproc) processors, load $(cut -d' ' -f1 /proc/loadavg), kernel $(uname -r)"
    say
    case "${1:-latency}" in
        latency) latency ;;
        throughput) throughput ;;
        soak) soak ;;
        *) fail "venue-figures: there is latency, throughput and soak, not $1" ;;
    esac
}

venue=

# Starts a venue whose file differs from the example by the sed expressions named.
start() {
    local expressions=(-e "s/127.0.0.1:7001/127.0.0.1:$port/" -e '/^\[feed\]/,/^$/d' -e '/^\[http\]/,/^$/d')
    local one
    for one in "$@"; do expressions+=(-e "$one"); done
    sed "${expressions[@]}" examples/venue.toml >"$folder/venue.toml"
    cp examples/venue-instruments.jsonl "$folder/"
    chmod 600 "$folder/venue.toml"
    "$BINARY" run --config "$folder/venue.toml" >"$folder/venue.log" 2>&1 &
    venue=$!
    local tries=0
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] && kill -0 "$venue" 2>/dev/null || fail "the venue did not start: $(cat "$folder/venue.log")"
        sleep 0.1
    done
}

stop() {
    kill -TERM "$venue"
    wait "$venue" || fail "the venue ended badly: $(cat "$folder/venue.log")"
}

# What goes before the load generator: nothing, or what keeps it off the venue's processor.
before_load=()

load() {
    "${before_load[@]}" "$BINARY" load --config "$folder/venue.toml" --rate "$1" --seconds "$2" --connections 2 >"$folder/load.out" 2>&1 ||
        fail "the load did: $(cat "$folder/load.out")"
}

# The figure behind a word of the last load's report.
figure() { sed -n "s/^ *$1  *\(.*\)$/\1/p" "$folder/load.out" | head -1 | sed 's/^ *//'; }

# A figure in microseconds.
micros() {
    figure "$1" | awk '{ m["ns"]=0.001; m["µs"]=1; m["ms"]=1000; m["s"]=1000000; gsub(",", "", $1); printf "%.1f\n", $1 * m[$2] }'
}

median() { sort -g | awk '{ a[NR]=$1 } END { print a[int((NR + 1) / 2)] }'; }

cases=(
    'every_turn|s/^policy = .*/policy = "every_turn"/'
    'os|s/^policy = .*/policy = "os"/'
    'interval|s/^policy = .*/policy = "interval"/'
    'every_turn, writer_thread|s/^policy = .*/policy = "every_turn"/;s/^writer_thread = .*/writer_thread = true/'
    'every_turn, low_latency_mode|s/^policy = .*/policy = "every_turn"/;s/^low_latency_mode = .*/low_latency_mode = true/'
    'os, low_latency_mode|s/^policy = .*/policy = "os"/;s/^low_latency_mode = .*/low_latency_mode = true/'
    'every_turn, a processor each|s/^policy = .*/policy = "every_turn"/;s/^cpu_affinity = .*/cpu_affinity = [0, 1]/'
    'os, a processor each|s/^policy = .*/policy = "os"/;s/^cpu_affinity = .*/cpu_affinity = [0, 1]/'
    'os, cpu_affinity = [0, 1]|s/^policy = .*/policy = "os"/;s/^cpu_affinity = .*/cpu_affinity = [0, 1]/'
    'os, network_optimization = false|s/^policy = .*/policy = "os"/;s/^network_optimization = .*/network_optimization = false/'
)

latency() {
    local round one name percentile
    rm -rf "$folder" && mkdir -p "$folder"
    for round in $(seq "$rounds"); do
        for one in "${cases[@]}"; do
            rm -rf "$folder/journal"
            start "${one#*|}"
            before_load=()
            [[ "$one" != *'a processor each'* ]] || before_load=(taskset -c "$(($(nproc) - 1))")
            load 200000 "$seconds"
            stop
            for percentile in p50 p99 p99.9; do
                micros "$percentile" >>"$folder/${one%%|*} $percentile"
            done
        done
    done
    say "200,000 orders a second for $seconds s, two connections; µs, medians of $rounds rounds (each round's in brackets)"
    say
    say "| policy and options | p50 | p99 | p99.9 |"
    say "|---|---|---|---|"
    for one in "${cases[@]}"; do
        name="${one%%|*}"
        printf '| `%s`' "$name"
        for percentile in p50 p99 p99.9; do
            printf ' | %s (%s)' "$(median <"$folder/$name $percentile")" "$(tr '\n' ' ' <"$folder/$name $percentile" | sed 's/ $//')"
        done
        say " |"
    done
}

throughput() {
    rm -rf "$folder" && mkdir -p "$folder"
    start 's/^policy = .*/policy = "os"/'
    load 1000000 60
    stop
    say "1,000,000 orders a second for 60 s, \`os\`, two connections:"
    say
    sed 's/^/    /' "$folder/load.out"
}

# Kibibytes that the venue holds in memory, files' pages left out.
resident() { awk '/^RssAnon:/ { print $2 }' "/proc/$venue/status"; }

soak() {
    local rate="${RATE:-500000}" trades="${TRADES:-100000000}" first last most=0 now begun tenths="" loading
    local length=$((2 * trades / rate))
    rm -rf "$folder" && mkdir -p "$folder"
    start 's/^policy = .*/policy = "os"/'
    load "$rate" 10
    first=$(resident)
    load "$rate" "$length" &
    local loader=$! tenth=1
    loading=$SECONDS
    while kill -0 $loader 2>/dev/null; do
        sleep 2
        now=$(resident)
        [ "${now:-0}" -gt "$most" ] && most=$now
        if [ $((10 * (SECONDS - loading))) -ge $((tenth * length)) ]; then
            tenths="$tenths $now"
            tenth=$((tenth + 1))
        fi
    done
    wait $loader
    last=$(resident)
    sed 's/^/    /' "$folder/load.out"
    stop
    say "    the venue's memory after 10 s: $first KiB; in the end: $last KiB; most: $most KiB; after each tenth:$tenths"
    say "    the journal's folder: $(du -sm "$folder/journal" | cut -f1) MiB"
    say "    $(tail -1 "$folder/venue.log")"
    begun=$(date +%s%N)
    start 's/^policy = .*/policy = "os"/'
    say "    open again after $((($(date +%s%N) - begun) / 1000000)) ms:"
    sed 's/^/      /' "$folder/venue.log"
    stop
}

main "$@"
