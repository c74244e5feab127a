#!/bin/bash
# Installs the Debian packages of the named groups that are missing:
# build (to compile), desktop (to open the window), test (a whole desktop
# under Xvfb), manager (a clipboard manager).
set -euo pipefail

declare -A group=(
  [build]='gcc pkg-config libgl1-mesa-dev xorg-dev libxkbcommon-dev libwayland-dev'
  [desktop]='gcc pkg-config libgl1-mesa-dev xorg-dev libxkbcommon-dev libwayland-dev libgl1-mesa-dri'
  [test]='xvfb xauth libgl1-mesa-dri openbox xdotool imagemagick xclip dbus-x11 gnome-keyring gcr libsecret-tools tesseract-ocr tesseract-ocr-eng fonts-dejavu-core postgresql strace curl age openssh-client'
  [manager]='copyq'
)

[ "$(uname)" = Linux ] || exit 0 # elsewhere Go and a C compiler are all it takes

wanted=''
for name in "$@"; do wanted+=" ${group[$name]}"; done
if [[ " $* " = *' test '* ]] && ! { command -v node && command -v npm; } >/dev/null; then
  wanted+=' nodejs npm' # which may as well come from elsewhere
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not Debian: if the next step fails, install what your system calls these packages:$wanted" >&2
  exit 0
fi

missing=()
for package in $wanted; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing and there is no sudo to install them with; as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi

echo "Installing what is missing: ${missing[*]}"
install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
if ! "${install[@]}" update || ! "${install[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null; then
  echo "apt-get could not install: ${missing[*]}. What it said stands above." >&2
  exit 1
fi
