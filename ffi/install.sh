#!/usr/bin/env bash
# Builds the C library and installs it below PREFIX: the header, the shared and the static library, pkg-config files, and the list of
# user agents that hosts hand over for `useragent` filters.
#
#   PREFIX   where to; /usr/local if not given
#   DESTDIR  put before PREFIX, for packagers
#   PROFILE  the profile of cargo; dist if not given
#   BUILT    a folder in which the libraries are already, instead of building them
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${PREFIX:-/usr/local}
profile=${PROFILE:-dist}
destination=${DESTDIR:-}$prefix
number() { sed -n "s/^pub const SAWLOG_$1: u32 = \([0-9]*\);/\1/p" ffi/src/version.rs; }
abi=$(number ABI_VERSION)
version=$(number VERSION_MAJOR).$(number VERSION_MINOR).$(number VERSION_PATCH)

if [ -n "${BUILT:-}" ]; then
  built=$BUILT
else
  # Addresses in the library are set right by half a byte each instead of 24, which loaders know since glibc 2.36. RELOCATIONS=plain: for
  # older ones, too.
  link=()
  glibc=$(ldd --version 2>/dev/null | sed -n "1s/.* 2\.\([0-9]*\)$/\1/p")
  if [ "${RELOCATIONS:-packed}" = packed ] && [ "${glibc:-0}" -ge 36 ]; then
    link=(-- -C link-arg=-Wl,-z,pack-relative-relocs)
  fi
  ${CARGO:-cargo} rustc --quiet --profile "$profile" --package sawlog-ffi --lib "${link[@]}"
  built=${CARGO_TARGET_DIR:-target}/$profile
fi

mkdir -p "$destination"/{include,lib/pkgconfig,share/sawlog}
install -m 644 include/sawlog.h "$destination/include/"
install -m 644 cli/data/uap-core/* "$destination/share/sawlog/"

if [ "$(uname -s)" = Darwin ]; then
  install -m 755 "$built/libsawlog_ffi.dylib" "$destination/lib/libsawlog.$abi.dylib"
  ln -sf "libsawlog.$abi.dylib" "$destination/lib/libsawlog.dylib"
  install -m 644 "$built/libsawlog_ffi.a" "$destination/lib/libsawlog.a"
else
  install -m 755 "$built/libsawlog_ffi.so" "$destination/lib/libsawlog.so.$version"
  ln -sf "libsawlog.so.$version" "$destination/lib/libsawlog.so.$abi"
  ln -sf "libsawlog.so.$abi" "$destination/lib/libsawlog.so"
  # One object that gives its own names only: two libraries written in Rust can then be linked into one program.
  object=$(mktemp -d)
  trap 'rm -rf "$object"' EXIT
  names=$(nm --dynamic --defined-only "$built/libsawlog_ffi.so" | sed -n 's/.* T \(sawlog_.*\)/--undefined=\1/p')
  # shellcheck disable=SC2086 # an argument for each name
  "${LD:-ld}" --relocatable --gc-sections $names -o "$object/sawlog.o" "$built/libsawlog_ffi.a"
  # Without the bitcode that std's objects carry, which makes LLVM's plugin for binutils fail.
  "${OBJCOPY:-objcopy}" --wildcard --keep-global-symbol='sawlog_*' --remove-section=.llvmbc \
    --remove-section=.llvmcmd "$object/sawlog.o"
  rm -f "$destination/lib/libsawlog.a"
  ar rcs "$destination/lib/libsawlog.a" "$object/sawlog.o"
  chmod 644 "$destination/lib/libsawlog.a"
  if [ "$profile" = dist ]; then
    strip --strip-unneeded "$destination/lib/libsawlog.so.$version"
    strip --strip-debug "$destination/lib/libsawlog.a"
  fi
fi

# Go keeps what it built from a header until the flags change, whatever the header becomes: the checksum makes them change with it.
cflags="-I\${includedir} -DSAWLOG_HEADER_CHECKSUM=$(cksum < include/sawlog.h | cut -d ' ' -f 1)"
common="prefix=$prefix
includedir=\${prefix}/include
libdir=\${prefix}/lib
useragents=\${prefix}/share/sawlog/regexes.yaml
"
cat > "$destination/lib/pkgconfig/sawlog.pc" <<END
$common
Name: sawlog
Description: Logstash's filter engine as a library
URL: https://github.com/sawlog/sawlog
Version: $version
Cflags: $cflags
Libs: -L\${libdir} -lsawlog
Libs.private: -lpthread -ldl -lm
END
cat > "$destination/lib/pkgconfig/sawlog-static.pc" <<END
$common
Name: sawlog-static
Description: Logstash's filter engine as a static library
URL: https://github.com/sawlog/sawlog
Version: $version
Cflags: $cflags
Libs: \${libdir}/libsawlog.a -lpthread -ldl -lm
END
