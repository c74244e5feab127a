#!/bin/bash
# Says so and fails where no window can be opened.
set -euo pipefail
[ "$(uname)" = Linux ] || exit 0
[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && exit 0
echo 'There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); `make demo` shows the program in pictures instead.' >&2
exit 1
