# Two commands matter: `make demo` and `make test`. Each first installs what it needs (tests/setup.sh).
.DEFAULT_GOAL := help
.PHONY: help demo test vectors cross fuzz soak bench lint doc header ffi agent install uninstall install-localproxy firmware npm console sizes setup clean

# Where `make install` puts the C library; see ffi/package/install.sh.
PREFIX ?= /usr/local
LIBDIR ?= lib
INCLUDEDIR ?= include
DESTDIR ?=
INSTALL = @PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' INCLUDEDIR='$(INCLUDEDIR)' DESTDIR='$(DESTDIR)' ffi/package/install.sh

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The device of the demo: the agent in C, or the one in Rust.
DEVICE ?= c

demo: ## Shows the main job with real clients; DEVICE=rust, STAY=1 leaves the service running
	@tests/setup.sh python web
	cargo build --locked -p iot-tunnel
	@[ '$(DEVICE)' = rust ] || $(MAKE) --no-print-directory agent
	@STAY=$(STAY) DEVICE='$(DEVICE)' python3 tests/demo.py

test: ## Everything this project can test; SUITES="lint demo" picks some
	@tests/run.sh $(SUITES)

vectors: ## The conformance vectors, every runner; IOT_TUNNEL_VECTORS=dir reads others
	@tests/run.sh vectors

cross: ## Core for targets without an operating system, and no panic in it
	@tests/run.sh cross

fuzz: ## Looks for bugs with the fuzzer, SECONDS=600 a target; TARGET="message websocket" picks some
	@tests/setup.sh fuzz
	@FUZZ_SEED=0 FUZZ_SECONDS=$(or $(SECONDS),600) tests/fuzz.sh $(TARGET)

soak: ## Our ends beside a host that answers no ping, in real time; SECONDS=300
	@tests/setup.sh python
	cargo build --locked -p iot-tunnel
	@cd tests/clients && SOAK_SECONDS=$(or $(SECONDS),300) PYTHONDONTWRITEBYTECODE=1 ../../.tools/python/bin/python -m pytest soak

bench: ## The figures that README prints
	cargo bench --locked -p iot-tunnel-tests

lint: ## rustfmt, clippy and rustdoc, warnings are errors
	@tests/run.sh lint

doc: ## The documentation, in target/doc
	cargo doc --locked --no-deps -p iot-tunnel-core -p iot-tunnel

header: ## include/iot_tunnel.h, from the source of ffi
	cargo run --locked --quiet -p iot-tunnel-header

ffi: ## The C library for this machine, static and shared
	@ffi/package/build.sh host

agent: ## The device agent in C, of ffi/examples/agent
	@tests/setup.sh agent
	@ffi/package/build.sh host
	@$(MAKE) --no-print-directory -C ffi/examples/agent

install: ## Puts header, library, pkg-config file and CMake package in place; PREFIX=/usr/local DESTDIR=
	@# As root there may be no cargo: then it installs what `make ffi` has built before.
	@! command -v cargo >/dev/null || ffi/package/build.sh host >/dev/null
	$(INSTALL)

uninstall: ## Takes away what install has put in place, with the same variables
	$(INSTALL) --uninstall

# The program of `make install-localproxy`; another one is installed as it is.
PROGRAM ?= target/release/iot-tunnel

install-localproxy: ## Puts iot-tunnel, and localproxy as a link to it, in PREFIX/bin; DESTDIR=
	@# As root there may be no cargo: then it installs what `cargo build --release` has built before.
	@[ '$(PROGRAM)' != target/release/iot-tunnel ] || ! command -v cargo >/dev/null || cargo build --release --locked --quiet -p iot-tunnel
	@install -d '$(DESTDIR)$(PREFIX)/bin'
	@install -m 755 '$(PROGRAM)' '$(DESTDIR)$(PREFIX)/bin/iot-tunnel'
	@ln -sf iot-tunnel '$(DESTDIR)$(PREFIX)/bin/localproxy'
	@echo 'installed $(DESTDIR)$(PREFIX)/bin/iot-tunnel and the link localproxy beside it'

firmware: ## The C library for a microcontroller; TARGET=thumbv7m-none-eabi, or another one
	@tests/setup.sh cross
	@ffi/package/build.sh '$(TARGET)'

npm: ## The npm package: wasm/dist, and packed as wasm/iot-tunnel-VERSION.tgz
	@tests/setup.sh wasm
	wasm/build.sh

console: npm ## The console's page: wasm/console/dist, which the service is built with
	@tests/setup.sh console
	@cd wasm/console && npm run --silent build

sizes: npm ## Flash, RAM and stack of the C library, size and speed of the npm package, against their budgets; SYMBOLS=1 shows where the bytes go
	@tests/setup.sh cross ffi js chromium
	@# What is over its budget in one does not hide the others.
	@failed=0; tests/ffi/sizes.sh $(if $(SYMBOLS),--symbols) || failed=1; cd tests/js; \
	for what in sizes bench; do echo; npm run --silent $$what || failed=1; done; exit $$failed

setup: ## Installs what demo and test need beside cargo, cc, node and python3
	@tests/setup.sh

clean: ## Removes everything that was built or installed in this checkout
	cargo clean
	rm -rf wasm/dist wasm/node_modules wasm/console/dist wasm/console/node_modules tests/js/node_modules tests/js/consumers/node_modules
	rm -rf .tools tests/clients/js/node_modules tests/fuzz/corpus tests/fuzz/artifacts
