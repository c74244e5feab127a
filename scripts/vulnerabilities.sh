#!/bin/bash
# Runs govulncheck with the database archive where there is one, online
# elsewhere, and says how old the data is.
# usage: vulnerabilities.sh GOVULNCHECK ARCHIVE-OR-EMPTY ARGUMENTS...
set -euo pipefail
govulncheck=$1 archive=$2
shift 2

database=()
if [ -n "$archive" ]; then
  dir=build/vulndb/$(basename "$archive" .tar.xz)
  if [ ! -d "$dir" ]; then
    mkdir -p "$dir.part"
    tar -xJf "$archive" -C "$dir.part"
    mv "$dir.part" "$dir"
  fi
  database=(-db "file://$PWD/$dir")
fi

if ! "$govulncheck" "${database[@]}" "$@"; then
  echo 'govulncheck found a vulnerability that the code reaches, or could not read its database; what it said stands above.' >&2
  exit 1
fi
if [ -n "$archive" ]; then
  date=$(basename "$archive" .tar.xz)
  echo "Vulnerability data of ${date#vulndb-}."
else
  "$govulncheck" -version | sed -n 's/^DB updated: \([^ ]*\).*/Vulnerability data of \1./p'
fi
