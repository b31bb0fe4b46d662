#!/bin/sh
# What the browser tests need, none of it shipped: Debian's Chromium with its driver, and axe-core (MPL-2.0, unmodified, test only).
set -e
command -v chromium >/dev/null && command -v chromedriver >/dev/null || {
  apt-get update -qq
  apt-get install -y -qq chromium chromium-driver fonts-noto-cjk
}
here=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$here/.browser"
echo "*" > "$here/.browser/.gitignore"
cd "$here/.browser"
[ -f axe.min.js ] || {
  npm pack --silent axe-core@4.14.1
  tar -xzf axe-core-4.14.1.tgz --strip-components=1 package/axe.min.js package/LICENSE
  rm axe-core-4.14.1.tgz
}
