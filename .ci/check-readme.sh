#!/usr/bin/env bash
# The README is short, and the files that it links to exist.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

lines_max=119

[ -f README.md ] || fail "README: there is none"
lines="$(wc -l <README.md)"
[ "$lines" -le $lines_max ] || fail "README: $lines lines; the limit is $lines_max"

while read -r link; do
    [ -e "${link%%#*}" ] || fail "README: links to $link, which is not there"
done < <(grep -o '](\([^)#][^)]*\))' README.md | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' || true)
