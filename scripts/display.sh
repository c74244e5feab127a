#!/bin/bash
# Says so and fails, before anything is built, where there is plainly no
# display. Whether the one that is named answers, the program finds out itself.
set -euo pipefail
[ "$(uname)" = Linux ] || exit 0
[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && exit 0
[ -S "${XDG_RUNTIME_DIR:-}/wayland-0" ] && exit 0
echo 'There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); `make demo` shows the program in pictures instead.' >&2
exit 1
