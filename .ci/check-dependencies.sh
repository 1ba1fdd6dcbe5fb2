#!/usr/bin/env bash
# The core depends on what docs/architecture.md names for it, and on nothing else.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The row of engine-core in the table of folders says them between backquotes.
named="$(sed -n 's/^| `engine-core` |.*dependenc[a-z]* (\(.*\)).*/\1/p' docs/architecture.md | tr -d '`,')"
[ -n "$named" ] || fail "dependencies: docs/architecture.md does not name those of engine-core"

for found in $(cargo tree -p ringfence-core -e normal --depth 1 --prefix none --format '{p}' | tail -n +2 | cut -d' ' -f1 | sort -u); do
    case " $named " in
    *" $found "*) ;;
    *) fail "dependencies: ringfence-core depends on $found, which docs/architecture.md does not name: leave it out or argue it there" ;;
    esac
done
