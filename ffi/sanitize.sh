#!/usr/bin/env bash
# Runs the C programs under a sanitizer: `sanitize.sh address` the tests, `sanitize.sh thread` the example with eight threads and the
# test of two threads in one worker. The library is instrumented, too, std is not. Needs a nightly compiler, whose runtimes are
# linked.
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizer=$1
if ! rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
  echo "skipped: no nightly compiler"
  exit 0
fi
case $sanitizer in
  address) runtime=asan flags=-Zsanitizer=address ;;
  thread) runtime=tsan flags="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" ;;
  *) echo "usage: sanitize.sh address|thread" 1>&2; exit 2 ;;
esac
target=${CARGO_TARGET_DIR:-$PWD/target}/$runtime
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS=$flags CARGO_TARGET_DIR=$target CARGO_PROFILE_DEV_OPT_LEVEL=1 \
  "${CARGO:-cargo}" +nightly build --quiet --package sawlog-ffi --features test-hooks --lib --target "$host"
runtime=$(rustc +nightly --print sysroot)/lib/rustlib/$host/lib/librustc-nightly_rt.$runtime.a

out=$target/c
mkdir -p "$out"
build() {
  cc -std=c11 -g -O1 -fsanitize="$sanitizer" -Iinclude -DSAWLOG_USER_AGENTS="\"$PWD/cli/data/uap-core/regexes.yaml\"" \
    -c "$1" -o "$out/$2.o"
  c++ "$out/$2.o" "$target/$host/debug/libsawlog_ffi.a" -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive \
    -lpthread -ldl -lm -lrt -o "$out/$2"
}

if [ "$sanitizer" = address ]; then
  for name in arrow misuse stream values; do
    build "ffi/tests/c/$name.c" "$name"
    SAWLOG_TEST_SLOWLY=1 "$out/$name"
  done
else
  build ffi/tests/c/misuse.c misuse
  SAWLOG_TEST_SLOWLY=1 "$out/misuse"
  build ffi/examples/threads.c threads
  printf 'filter { grok { match => { "message" => "%%{COMBINEDAPACHELOG}" } } kv { } }\n' > "$out/threads.conf"
  awk 'BEGIN { for (i = 0; i < 20000; i++)
    printf "10.0.%d.%d - - [15/Mar/2024:14:%02d:%02d +0100] \"GET /a?x=%d HTTP/1.1\" 200 %d \"-\" \"curl/8\"\n",
      i / 256 % 256, i % 256, i / 60 % 60, i % 60, i, i * 7 }' > "$out/threads.log"
  test "$("$out/threads" "$out/threads.conf" "$out/threads.log" 8 | wc -l)" = 20000
fi
echo "$sanitizer: clean"
