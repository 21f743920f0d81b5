#!/usr/bin/env bash
# Builds the library that the Go module calls and installs it under a prefix (~/.local), then prints the environment that
# building and running Go programs needs there.
#
#   library.sh [PREFIX]
#
# What ffi/install.sh takes (PROFILE, BUILT) goes through. In a clone of the repository that is what it builds; in Go's module cache, which has the Go files alone, it clones the sources
# of the same version, from SAWLOG_REPOSITORY if that is set.
set -euo pipefail

prefix=${1:-$HOME/.local}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)

sources=$here/..
if [ ! -e "$sources/include/sawlog.h" ]; then
  # .../github.com/sawlog/sawlog/go@v0.1.0, or @v0.0.0-20260101120000-0123456789ab between two releases.
  version=${here##*@}
  repository=${SAWLOG_REPOSITORY:-https://github.com/sawlog/sawlog}
  sources=$(mktemp -d)
  trap 'rm -rf "$sources"' EXIT
  git clone --quiet "$repository" "$sources" 1>&2
  if [[ $version =~ -([0-9a-f]{12})$ ]]; then revision=${BASH_REMATCH[1]}; else revision=go/$version; fi
  git -C "$sources" checkout --quiet "$revision" 1>&2
fi
PREFIX=$prefix "$sources/ffi/install.sh" 1>&2

cat <<VARIABLES
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig\${PKG_CONFIG_PATH:+:\$PKG_CONFIG_PATH}
export LD_LIBRARY_PATH=$prefix/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
VARIABLES
