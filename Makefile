# make sample   build the command line and convert the example log
# make test     all tests: unit, conformance, process, bindings, fuzz targets, licences and bans
# make test-c   the C interface: header, C and C++ programs, vectors, under valgrind too if it is there
# make test-c-sanitizers  the C programs under AddressSanitizer and ThreadSanitizer, if a nightly compiler is there
# make test-python  the Python package: its tests, types and examples, in target/venv
# make test-size  that the shared C library, as installed, is smaller than 6 MB
# make test-lambda  the Lambda function behind a runtime interface, with AWS services on this machine
# make lambda   the packages of the Lambda function, target/lambda/*.zip
# make install  the C library below PREFIX (/usr/local)
# make test-asan  the tests of the unsafe code under AddressSanitizer, if a nightly compiler is there
# make test-arm64  the tests of core and the function for 64-bit ARM, in an emulator, if compiler and emulator are there
# make test-go  the Go module, with the library installed under target/prefix
# make test-new-user  the snippets of README and docs, copied out of the repository, built and run
# make test-inlined  that no vector instruction is left as a call, in the release binary
# make lint     formatting and clippy, as CI runs them
# make bench    the measured tasks beside their peers; benches/README.md says how to read them,
#               and what bench-bindings, bench-lambda, bench-others and test-instructions are

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := sample
.PHONY: sample install lambda lambda-tools lint-terraform test test-c test-size test-c-sanitizers test-lambda test-prefix test-go test-new-user test-python test-rust test-fuzz test-asan test-arm64 test-inlined test-instructions test-deny lint bench bench-bindings bench-c bench-filters bench-go bench-lambda bench-others bench-python tools bless

CARGO ?= cargo
BENCH_TARGET ?= $(CURDIR)/target/benches
BENCH_BUILD := $(CARGO) build --profile bench --quiet --manifest-path benches/Cargo.toml --target-dir $(BENCH_TARGET)
HOSTS := $(BENCH_TARGET)/hosts
host = $(BENCH_BUILD) --bin host $(3) --no-default-features --features "$(2)" && cp $(BENCH_TARGET)/release/host $(HOSTS)/host-$(1)
CORPUS_MB ?= 20
ROUNDS ?= 11
GO_ROUNDS ?= 21
TASKS ?=
VRL ?= 1
INSTRUCTIONS ?= check
RECORD ?= benches/record/$(shell date +%F)-$(shell git describe --always --dirty --abbrev=8).md
FUZZ_SECONDS ?= 20
FUZZ_TARGETS := c_abi config_parse date_parse executors filters grok_compile intrinsics json_read lambda_answer \
  lambda_event pattern_match program scan
TOOLS := $(CURDIR)/target/tools
PREFIX ?= /usr/local
PROFILE ?= dist
SIZE_LIMIT := 6000000
# All tests have the hook in the C library, so that whichever ran last leaves the same one in target/debug/deps, where the
# bindings find it: BUILT=target/debug/deps ffi/install.sh.
TEST_RUST := $(CARGO) test --workspace --exclude sawlog-python --features sawlog/arrow,sawlog-ffi/test-hooks
TEST_C := $(CARGO) test --workspace --exclude sawlog-python --features sawlog/arrow,sawlog-ffi/test-programs
VENV := $(CURDIR)/target/venv
# What starts a real OpenSearch for test-lambda, which skips those tests without it: OPENSEARCH=../shared/recipes/opensearch.sh, where Maven is.
# It is not on by itself, since it is fetched first.
OPENSEARCH ?=
LAMBDA_PYTHON := --config ../python/pyproject.toml tests/e2e benches package.py
TEST_TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# Go's cache knows neither what the header says nor what pkg-config answers: without this it takes what it built with an older header.
export CGO_CFLAGS := -O2 -g -DSAWLOG_HEADER_CHECKSUM=$(firstword $(shell cksum < include/sawlog.h))
TEST_PREFIX := $(TEST_TARGET)/prefix
DENY_VERSION := 0.20.2
FUZZ_VERSION := 0.13.2
export PATH := $(TOOLS)/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

# The sanitizer flags of cargo-fuzz need a nightly compiler; without one the stable compiler is told
# to accept them.
FUZZ_CARGO := $(shell rustup toolchain list 2>/dev/null | grep -q '^nightly' && echo '$(CARGO) +nightly' || echo 'RUSTC_BOOTSTRAP=1 $(CARGO)')

sample:
	@$(CARGO) build --release --quiet --package sawlog-cli
	@target/release/sawlog convert -c examples/auth/pipeline.conf --timezone UTC \
	  --now 2024-03-15T15:00:00Z -o target/sample.ndjson examples/auth/auth.log
	@head -n 1 target/sample.ndjson

test: test-deny test-fuzz test-rust test-c test-size test-go test-new-user test-python test-lambda test-instructions

test-rust:
	$(TEST_RUST)

# Compiles little that test-rust has not compiled. The test of core writes the cases that the bindings run.
test-c:
	@for tool in strace valgrind; do \
	  command -v $$tool >/dev/null || [ "$$(id -u)" != 0 ] \
	    || { apt-get update && apt-get install --yes $$tool; } >/dev/null 2>&1 || true; \
	done
	$(TEST_C) --test conformance cases_for_the_bindings
	SAWLOG_VALGRIND=$$(command -v valgrind || true) $(TEST_C) --test c --test header

test-c-sanitizers:
	@ffi/sanitize.sh address
	@ffi/sanitize.sh thread

# Only what is installed says how large it is: no other build has the same code in it. It takes two minutes, the dependencies included.
test-size:
	@$(MAKE) --no-print-directory install PREFIX=$(TEST_TARGET)/dist-prefix PROFILE=dist
	@bytes=$$(wc -c < $(TEST_TARGET)/dist-prefix/lib/libsawlog.so); \
	  echo "libsawlog.so: $$bytes bytes, of less than $(SIZE_LIMIT)"; \
	  if test $$bytes -lt $(SIZE_LIMIT); then echo "size: 1 passed, 0 failed"; \
	  else echo "size: 0 passed, 1 failed"; exit 1; fi

install:
	@PREFIX="$(PREFIX)" PROFILE="$(PROFILE)" CARGO="$(CARGO)" ffi/install.sh

# The library as the tests of the bindings use it, with what cargo has built for its own tests, and the recorded cases.
test-prefix:
	@command -v pkg-config >/dev/null || [ "$$(id -u)" != 0 ] \
	  || { apt-get update && apt-get install --yes pkg-config; } >/dev/null 2>&1
	@$(TEST_RUST) --quiet --test conformance cases_for_the_bindings
	@$(TEST_RUST) --quiet --test header --no-run
	@BUILT=$(TEST_TARGET)/debug/deps PREFIX=$(TEST_PREFIX) ffi/install.sh

test-go: test-prefix
	@SAWLOG_BINDING_CASES=$(TEST_TARGET)/tmp go/test.sh $(TEST_PREFIX)

# The snippets of the documents, built in an empty directory against the installed library.
test-new-user: test-prefix
	@PKG_CONFIG_PATH=$(TEST_PREFIX)/lib/pkgconfig LD_LIBRARY_PATH=$(TEST_PREFIX)/lib \
	  tools/new_user.py README.md docs/c.md docs/go.md

# What pip builds is what the tests of Rust are built of: the same profile, the same features.
test-python: $(VENV)/ready
	@PATH="$(VENV)/bin:$$PATH" CARGO_PROFILE_DEV_OPT_LEVEL=1 MATURIN_PEP517_ARGS="--profile dev" pip install --quiet --disable-pip-version-check \
	  --no-build-isolation --no-deps --force-reinstall ./python
	@cd python && $(VENV)/bin/ruff format --quiet --check . && $(VENV)/bin/ruff check --quiet .
	@cd python && $(VENV)/bin/mypy --no-error-summary tests sawlog
	@cd target && $(VENV)/bin/python -m mypy.stubtest --concise sawlog
	@SAWLOG_LIBRARY=$(TEST_TARGET)/debug/deps/libsawlog_ffi.so $(VENV)/bin/python -m pytest python

# Tests the binary that the tests of Rust were built with; nothing more is compiled when they ran before.
test-lambda: $(VENV)/lambda
	@$(TEST_RUST) --test adapters --no-run --quiet
	@cd lambda && $(VENV)/bin/ruff format --quiet --check $(LAMBDA_PYTHON) && $(VENV)/bin/ruff check --quiet $(LAMBDA_PYTHON)
	@cd lambda && $(VENV)/bin/mypy --no-error-summary --config-file ../python/pyproject.toml tests/e2e
	@PATH="$(VENV)/bin:$$PATH" SAWLOG_OPENSEARCH="$${SAWLOG_OPENSEARCH-$(if $(OPENSEARCH),$(abspath $(OPENSEARCH)))}" \
	  SAWLOG_BOOTSTRAP="$${SAWLOG_BOOTSTRAP:-$(TEST_TARGET)/debug/bootstrap}" \
	  $(VENV)/bin/python -m pytest -q -p no:cacheprovider lambda/tests/e2e

# cargo-lambda without the compiler that it asks for: only its emulator is wanted.
$(VENV)/lambda: $(VENV)/ready lambda/tests/e2e/requirements.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r lambda/tests/e2e/requirements.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps cargo-lambda==1.9.2
	@touch $@

# PIPELINE=FOLDER packs a config with it, ARCHITECTURES="x86_64 arm64" says what for.
lambda: lambda-tools
	@PATH="$(VENV)/bin:$$PATH" CARGO="$(CARGO)" PROFILE="$(PROFILE)" lambda/package.sh

lambda-tools: $(VENV)/ready
	@PATH="$(VENV)/bin:$$PATH"; command -v cargo-zigbuild >/dev/null \
	  || $(VENV)/bin/pip install --quiet --disable-pip-version-check cargo-zigbuild==0.24.0 ziglang==0.17.1 \
	  || echo "no cargo-zigbuild: only for this machine" 1>&2

# Builds the linter, which takes minutes and Go.
lint-terraform:
	@test -x $(TOOLS)/bin/tflint || GOBIN=$(TOOLS)/bin go install github.com/terraform-linters/tflint@v0.64.0
	@$(TOOLS)/bin/tflint --chdir=lambda/deploy/terraform

$(VENV)/ready: python/requirements-test.txt
	@python3 -m venv --clear $(VENV) 2>/dev/null || { apt-get update && apt-get install --yes python3-venv \
	  && python3 -m venv --clear $(VENV); } >/dev/null
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r python/requirements-test.txt
	@touch $@

test-fuzz: tools
	for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz/corpus/$$target fuzz/seeds/$$target; \
	  $(FUZZ_CARGO) fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
	    -max_total_time=$(FUZZ_SECONDS) -seed=1 -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
	    -print_final_stats=1; \
	done

# A target of its own: the flags are then not those of build scripts, which have no sanitizer.
test-asan:
	@if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then \
	  host=$$(rustc -vV | sed -n 's/^host: //p'); \
	  RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$(CURDIR)/target/asan \
	    $(CARGO) +nightly test --package sawlog --lib --target "$$host" -- scan:: intrinsics::; \
	else echo "skipped: no nightly compiler"; fi

# Not part of `test`: the emulator takes its time.
test-arm64:
	@if rustup target list --installed | grep -q '^aarch64-unknown-linux-gnu' \
	  && command -v aarch64-linux-gnu-gcc qemu-aarch64-static >/dev/null; then \
	  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	  CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc \
	  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu" \
	    $(CARGO) test --package sawlog --package sawlog-lambda --target aarch64-unknown-linux-gnu; \
	else echo "skipped: not all of the Rust target aarch64-unknown-linux-gnu, aarch64-linux-gnu-gcc and qemu-aarch64-static are there"; fi

# An instruction that is a call was used where its level's features are not known: core/src/scan.
test-inlined:
	@$(CARGO) build --release --quiet --package sawlog-cli
	@symbols=$$(nm --demangle target/release/sawlog); \
	! grep -E 'core_arch::.*::(_mm|v[a-z]+q_)' <<<"$$symbols"

test-deny: tools
	$(CARGO) deny --log-level error check bans licenses sources

# Counts the instructions of four small workloads and compares them with benches/instructions.tsv;
# INSTRUCTIONS=bless writes that file.
test-instructions:
	@command -v valgrind >/dev/null || [ "$$(id -u)" != 0 ] \
	  || { apt-get update && apt-get install --yes valgrind; } >/dev/null 2>&1 || true
	@$(CARGO) build --quiet --profile instructions --manifest-path benches/Cargo.toml \
	  --target-dir $(BENCH_TARGET) --no-default-features --features engine --bin instructions
	@$(BENCH_TARGET)/instructions/instructions $(INSTRUCTIONS) benches/instructions.tsv

lint:
	$(CARGO) fmt --all -- --check
	$(CARGO) fmt --manifest-path benches/Cargo.toml -- --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml -- --check
	@unformatted=$$(gofmt -l go) && test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --workspace --all-targets --no-default-features -- -D warnings
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

# One host for each build of the peers, then all of them in alternating rounds. What is printed is
# the record too. CORPUS_MB=100 for corpora of the full size, ROUNDS, TASKS=T1,T2,process for some of
# them, VRL=0 to do without vrl, which takes minutes to build.
bench:
	@test -d "$${SAWLOG_SHARED:-../shared}/data" \
	  || { echo "the shared folder is not there; name it in SAWLOG_SHARED" 1>&2; exit 1; }
	@mkdir -p $(HOSTS) benches/record
	@$(call host,peers,peers grok-pcre2,--bin table)
	@$(call host,grok-onig,grok-onig)
	@$(call host,grok-fancy-regex,grok-fancy-regex)
	@if [ "$(VRL)" = 0 ]; then rm -f $(HOSTS)/host-vrl; else $(call host,vrl,vrl); fi
	@$(CARGO) build --profile dist --quiet --package sawlog-cli
	@SAWLOG_CORPUS_MB=$(CORPUS_MB) $(BENCH_TARGET)/release/table --hosts $(HOSTS) \
	  --sawlog "$${SAWLOG_BIN:-$${CARGO_TARGET_DIR:-target}/dist/sawlog}" --rounds $(ROUNDS) \
	  --tasks "$(TASKS)" > $(BENCH_TARGET)/table.md
	@cp $(BENCH_TARGET)/table.md $(RECORD) && cat $(RECORD) && echo "written to $(RECORD)" 1>&2

# The bindings beside the engine.
bench-bindings: bench-c bench-go bench-python

bench-c: C_RECORD = $(RECORD:.md=-c.md)
bench-c:
	@mkdir -p benches/record
	@$(MAKE) --no-print-directory install PREFIX=$(CURDIR)/target/bench-prefix PROFILE=dist
	@$(BENCH_BUILD) --bin batches --no-default-features --features engine
	@shared="$$(cd "$${SAWLOG_SHARED:-../shared}" && pwd)" && corpora=target/corpora-$(CORPUS_MB) \
	  && { test -e $$corpora/access.log || python3 $$shared/data/corpora.py $(CORPUS_MB) $$corpora >/dev/null; } \
	  && { echo '# The C interface, $(notdir $(C_RECORD:.md=))'; echo; \
	    echo 'Made by `make bench-c` with $(shell rustc --version).'; echo; \
	    benches/bindings/c.sh $(CURDIR)/target/bench-prefix $(BENCH_TARGET)/release/batches \
	      $$shared/data/tasks/t2.conf $(CURDIR)/$$corpora/access.log; } > $(C_RECORD).new
	@mv $(C_RECORD).new $(C_RECORD) && cat $(C_RECORD) && echo "written to $(C_RECORD)" 1>&2

# Every filter by itself, and those that others have too beside them.
bench-filters: FILTERS_RECORD = $(RECORD:.md=-filters.md)
bench-filters:
	@mkdir -p benches/record
	@$(BENCH_BUILD) --bin filters --no-default-features \
	  --features "engine$(if $(filter 0,$(VRL)),, vrl)"
	@$(BENCH_TARGET)/release/filters $(ROUNDS) > $(BENCH_TARGET)/filters.md
	@{ echo '# Every filter, $(notdir $(FILTERS_RECORD:.md=))'; echo; \
	  echo 'Made by `make bench-filters` with $(shell rustc --version).'; echo; \
	  cat $(BENCH_TARGET)/filters.md; } > $(FILTERS_RECORD)
	@cat $(FILTERS_RECORD) && echo "written to $(FILTERS_RECORD)" 1>&2

# The Go module beside the engine, and beside Go's grok libraries.
bench-go: GO_RECORD = $(RECORD:.md=-go.md)
bench-go:
	@mkdir -p benches/record
	@$(BENCH_BUILD) --bin batches --no-default-features --features engine
	@$(MAKE) --no-print-directory install PREFIX=$(CURDIR)/target/bench-prefix PROFILE=dist
	@export PKG_CONFIG_PATH=$(CURDIR)/target/bench-prefix/lib/pkgconfig LD_LIBRARY_PATH=$(CURDIR)/target/bench-prefix/lib \
	  shared="$${SAWLOG_SHARED:-../shared}" corpora=target/corpora-$(CORPUS_MB) \
	  && { test -e $$corpora/access.log || python3 $$shared/data/corpora.py $(CORPUS_MB) $$corpora >/dev/null; } \
	  && (cd go/benches && go build -buildvcs=false -o $(BENCH_TARGET)/go-benches .) \
	  && { echo '# The Go module, $(notdir $(GO_RECORD:.md=))'; echo; \
	    echo 'Made by `make bench-go` with $(shell rustc --version).'; echo; \
	    $(BENCH_TARGET)/go-benches -engine $(BENCH_TARGET)/release/batches -config $$shared/data/tasks/t2.conf \
	      -corpus $$corpora/access.log -rounds $(GO_ROUNDS); } > $(GO_RECORD).new
	@mv $(GO_RECORD).new $(GO_RECORD) && cat $(GO_RECORD) && echo "written to $(GO_RECORD)" 1>&2

# The Python package beside the engine in Rust, pygrok and Polars' own regex, built as shipped binaries are.
bench-python: PYTHON_RECORD = $(RECORD:.md=-python.md)
bench-python: SHARED = $(abspath $(or $(SAWLOG_SHARED),../shared))
bench-python: CORPUS = $(CURDIR)/target/corpora-$(CORPUS_MB)
bench-python: $(VENV)/ready
	@test -d $(SHARED)/data \
	  || { echo "the shared folder is not there; name it in SAWLOG_SHARED" 1>&2; exit 1; }
	@test -f $(CORPUS)/access.log || python3 $(SHARED)/data/corpora.py $(CORPUS_MB) $(CORPUS)
	@mkdir -p benches/record
	@$(BENCH_BUILD) --bin batches --no-default-features --features engine
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check pygrok==1.0.0
	@PATH="$(VENV)/bin:$$PATH" MATURIN_PEP517_ARGS="--profile dist" pip install --quiet \
	  --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall ./python
	@{ echo '# The Python package, $(notdir $(PYTHON_RECORD:.md=))'; echo; \
	  echo "Made by \`make bench-python\` with $$(rustc --version), $$(python3 --version)."; echo; \
	  $(VENV)/bin/python python/benches/bench.py $(BENCH_TARGET)/release/batches \
	    $(SHARED)/data/tasks/t2.conf $(CORPUS)/access.log; } > $(PYTHON_RECORD)
	@cat $(PYTHON_RECORD) && echo "written to $(PYTHON_RECORD)" 1>&2

# The Lambda function as `make lambda` packs it, beside handlers in Python and the engine.
bench-lambda: LAMBDA_RECORD = $(RECORD:.md=-lambda.md)
bench-lambda: SHARED = $(abspath $(or $(SAWLOG_SHARED),../shared))
bench-lambda: CORPUS = $(CURDIR)/target/corpora-$(CORPUS_MB)
bench-lambda: lambda $(VENV)/lambda
	@test -d $(SHARED)/data \
	  || { echo "the shared folder is not there; name it in SAWLOG_SHARED" 1>&2; exit 1; }
	@test -f $(CORPUS)/access.log || python3 $(SHARED)/data/corpora.py $(CORPUS_MB) $(CORPUS)
	@mkdir -p benches/record
	@$(BENCH_BUILD) --bin firehose-asked --no-default-features --features lambda
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check pygrok==1.0.0
	@{ echo '# The Lambda function, $(notdir $(LAMBDA_RECORD:.md=))'; echo; \
	  echo "Made by \`make bench-lambda\` with $$(rustc --version), $$(python3 --version)."; echo; \
	  $(VENV)/bin/python lambda/benches/bench.py --rounds $(ROUNDS) target/x86_64-unknown-linux-gnu/dist/bootstrap \
	    $(BENCH_TARGET)/release/firehose-asked $(SHARED)/data/tasks $(CORPUS)/access.log target/lambda/*.zip; \
	} > $(LAMBDA_RECORD).new
	@mv $(LAMBDA_RECORD).new $(LAMBDA_RECORD) && cat $(LAMBDA_RECORD) && echo "written to $(LAMBDA_RECORD)" 1>&2

# Unoptimised builds: they compile in half the time and run for seconds.
tools:
	@command -v cargo-deny >/dev/null \
	  || $(CARGO) install --locked --quiet --debug --root $(TOOLS) cargo-deny@$(DENY_VERSION)
	@command -v cargo-fuzz >/dev/null \
	  || $(CARGO) install --locked --quiet --debug --root $(TOOLS) cargo-fuzz@$(FUZZ_VERSION)

# Writes the snapshots and the counts of instructions anew; read the diff before it is committed.
bless:
	BLESS=1 $(TEST_RUST)
	$(MAKE) test-instructions INSTRUCTIONS=bless

# Go's and Java's grok over the same corpora; needs their compilers and Maven.
bench-others:
	@benches/others/run.sh
