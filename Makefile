# make sample   build the command line and convert the example log
# make test     all tests: unit, conformance, process, fuzz targets, licences and bans
# make test-asan  the tests of the unsafe code under AddressSanitizer, if a nightly compiler is there
# make test-inlined  that no vector instruction is left as a call, in the release binary
# make lint     formatting and clippy, as CI runs them
# make bench    the measured tasks beside their peers; benches/README.md says how to read them

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := sample
.PHONY: sample test test-rust test-fuzz test-asan test-inlined test-deny lint bench tools bless

CARGO ?= cargo
BENCH = CARGO_TARGET_DIR=$(CURDIR)/target/benches $(CARGO) bench --quiet --manifest-path benches/Cargo.toml
FUZZ_SECONDS ?= 20
FUZZ_TARGETS := config_parse executors grok_compile intrinsics pattern_match date_parse program scan
TOOLS := $(CURDIR)/target/tools
DENY_VERSION := 0.20.2
FUZZ_VERSION := 0.13.2
export PATH := $(TOOLS)/bin:$(PATH)

# The sanitizer flags of cargo-fuzz need a nightly compiler; without one the stable compiler is told
# to accept them.
FUZZ_CARGO := $(shell rustup toolchain list 2>/dev/null | grep -q '^nightly' && echo '$(CARGO) +nightly' || echo 'RUSTC_BOOTSTRAP=1 $(CARGO)')

sample:
	@$(CARGO) build --release --quiet --package sawlog-cli
	@target/release/sawlog convert -c examples/auth/pipeline.conf --timezone UTC \
	  --now 2024-03-15T15:00:00Z -o target/sample.ndjson examples/auth/auth.log
	@head -n 1 target/sample.ndjson

test: test-deny test-fuzz test-rust

test-rust:
	$(CARGO) test --workspace

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

# An instruction that is a call was used where its level's features are not known: core/src/scan.
test-inlined:
	@$(CARGO) build --release --quiet --package sawlog-cli
	@symbols=$$(nm --demangle target/release/sawlog); \
	! grep -E 'core_arch::.*::(_mm|v[a-z]+q_)' <<<"$$symbols"

test-deny: tools
	$(CARGO) deny --log-level error check bans licenses sources

lint:
	$(CARGO) fmt --all -- --check
	$(CARGO) fmt --manifest-path benches/Cargo.toml -- --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml -- --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --workspace --all-targets --no-default-features -- -D warnings
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

# Standard output is the table and what it depends on, the rest goes to standard error. One build for
# each engine of the crate `grok`; whole_process runs the release binary.
bench:
	@test -d "$${SAWLOG_SHARED:-../shared}/data" \
	  || { echo "the shared folder is not there; name it in SAWLOG_SHARED" 1>&2; exit 1; }
	@$(CARGO) build --release --quiet --package sawlog-cli
	@export SAWLOG_BIN=$${SAWLOG_BIN:-$(CURDIR)/target/release/sawlog}; \
	$(BENCH) 1>&2; \
	$(BENCH) --no-default-features --features onig --bench tasks -- grok-onig 1>&2
	@sha256sum target/corpora/*.log
	@$(CARGO) run --profile bench --quiet --manifest-path benches/Cargo.toml \
	  --target-dir target/benches \
	  --bin table -- target/benches/criterion

# Unoptimised builds: they compile in half the time and run for seconds.
tools:
	@command -v cargo-deny >/dev/null \
	  || $(CARGO) install --locked --quiet --debug --root $(TOOLS) cargo-deny@$(DENY_VERSION)
	@command -v cargo-fuzz >/dev/null \
	  || $(CARGO) install --locked --quiet --debug --root $(TOOLS) cargo-fuzz@$(FUZZ_VERSION)

# Writes the snapshots anew; read the diff before it is committed.
bless:
	BLESS=1 $(CARGO) test --workspace
