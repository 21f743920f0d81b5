#!/usr/bin/env bash
# Builds the function for Lambda: target/lambda/bootstrap-x86_64.zip, and bootstrap-arm64.zip where its target is installed.
#
# With cargo-zigbuild and zig the binary asks for glibc 2.26 at most, that of the oldest runtime Lambda has (provided.al2); without
# them for what this machine has, and only this machine's own architecture can be built. Which it is, is said. The sizes are printed;
# a zip of more than 6 MB is an error. PIPELINE names a file or a folder that is packed beside the binary.
set -euo pipefail
cd "$(dirname "$0")/.."

GLIBC=2.26
MOST_BYTES=6000000
cargo=${CARGO:-cargo}
profile=${PROFILE:-dist}
out=target/lambda
mkdir -p "$out"
installed=$(rustup target list --installed 2>/dev/null || rustc -vV | sed -n 's/^host: //p')
host=$(rustc -vV | sed -n 's/^host: //p')
with_zig=$(command -v cargo-zigbuild >/dev/null && python3 -c 'import ziglang' 2>/dev/null && echo yes || echo)
built=0

for name in ${ARCHITECTURES:-x86_64 arm64}; do
  case $name in
    arm64) triple=aarch64-unknown-linux-gnu ;;
    *) triple=$name-unknown-linux-gnu ;;
  esac
  if ! grep -qx "$triple" <<<"$installed"; then
    echo "$name: left out, the target $triple is not installed"
    continue
  fi
  build=(--quiet --locked --package sawlog-lambda --bin bootstrap --profile "$profile")
  if [ -n "$with_zig" ]; then
    # zig has no linker of its own for every option that cargo knows: the strip is rustc's.
    CARGO_PROFILE_DIST_STRIP=symbols "$cargo" zigbuild "${build[@]}" --target "$triple.$GLIBC"
  elif [ "$triple" = "$host" ]; then
    CARGO_PROFILE_DIST_STRIP=symbols "$cargo" build "${build[@]}" --target "$triple"
  else
    echo "$name: left out, it needs cargo-zigbuild and zig (pip install cargo-zigbuild ziglang)"
    continue
  fi
  binary=target/$triple/$profile/bootstrap
  needs=$({ objdump -T "$binary" 2>/dev/null || true; } | grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1)
  zip=$out/bootstrap-$name.zip
  python3 lambda/package.py "$zip" "$binary" ${PIPELINE:+"$PIPELINE"}
  bytes=$(stat -c %s "$zip")
  echo "$name: $zip, $bytes bytes (binary $(stat -c %s "$binary")), built with $([ -n "$with_zig" ] && echo zig || echo "this machine's linker"), needs ${needs:-an unknown glibc}"
  if [ "$bytes" -gt "$MOST_BYTES" ]; then
    echo "$name: the zip has more than $MOST_BYTES bytes" 1>&2
    exit 1
  fi
  built=$((built + 1))
done
if [ "$built" = 0 ]; then
  echo "nothing was built" 1>&2
  exit 1
fi
