# What one does with this repository. Each target sets up what it needs; see .ci/.

.PHONY: help setup demo test fmt lint doc guests bench figures fuzz clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' $(MAKEFILE_LIST) | column -t -s @

setup: ## gets what a plain Rust machine lacks: a compiler for Wasm guests, libwasmedge
	@.ci/setup.sh

demo: ## a trading day with three strategies on both engines (MESSAGES=… ORDERBOOK=…, or SEED=… COUNT=…)
	@.ci/demo.sh

test: ## every test, lint and documentation check
	@.ci/test.sh

fmt: ## formats all code
	cargo fmt --all

lint: ## clippy, warnings denied
	cargo clippy --workspace --all-targets -- -D warnings

doc: ## the documentation, into target/doc
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps

guests: setup ## the strategies in examples/, into target/guests
	@.ci/build-guests.sh

bench: ## every book and every demand in one table (docs/benchmarks.md), then the benchmarks
	-cargo build --profile bench -p ringfence-benches --features peers --bins && target/release/compare
	cargo bench --workspace

figures: ## measures what the README says of a replay (LOBSTER=…), and writes it there
	@.ci/figures.sh

fuzz: ## each fuzz target for a minute (TARGET=…, SECONDS_EACH=…; needs cargo-fuzz)
	@.ci/fuzz.sh $(TARGET)

clean: ## removes all that was built or unpacked
	rm -rf target fuzz/target
