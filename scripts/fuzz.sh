#!/bin/bash
# Fuzzes every parser of outside bytes for a time, such as 20s ($1), with build
# tags ($2), and keeps the shortest of the inputs that reached new code beside
# its test: `go test` alone then tries them too.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$(go env GOCACHE)/fuzz/keyfob most=12
said=$(mktemp)
trap 'rm -f "$said"' EXIT

fuzz() { # folder target time tags
	echo "$1 $2"
	# To make what it found shorter it would take a minute each time.
	if ! go test -tags "$4" "$1" -run '^$' -fuzz "^$2\$" -fuzztime "$3" -fuzzminimizetime 1s >"$said" 2>&1; then
		# Being stopped at its end is no failure, though go test says so.
		if ! grep -q 'context deadline exceeded' "$said" || grep -q 'Failing input' "$said"; then
			cat "$said"
			return 1
		fi
	fi
	tail -n 3 "$said" | grep -o 'execs: [0-9]*' || true
}

keep() { # folder target
	local found=$cache/${1#./}/$2 kept=$1/testdata/fuzz/$2
	[ -d "$found" ] || return 0
	mkdir -p "$kept"
	find "$found" -type f -size -16k -printf '%s %p\n' | sort -n | sed -n "1,${most}p" | cut -d' ' -f2- | xargs -r cp -n -t "$kept"
}

grep -rE '^func Fuzz' --include='*_test.go' . | sort | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9]*).*|\1 \2|' >"$said.targets"
trap 'rm -f "$said" "$said.targets"' EXIT
while read -r folder target <&3; do
	fuzz "$folder" "$target" "$1" "${2:-}"
	keep "$folder" "$target"
done 3<"$said.targets"
