# Two commands matter: `make demo` and `make test`. Each first installs what it needs (tests/setup.sh).
.DEFAULT_GOAL := help
.PHONY: help demo test vectors cross fuzz bench lint doc npm sizes setup clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Shows the main job with real clients; STAY=1 leaves the service running
	@tests/setup.sh python web
	cargo build --locked -p iot-tunnel
	@STAY=$(STAY) python3 tests/demo.py

test: ## Everything this project can test; SUITES="lint demo" picks some
	@tests/run.sh $(SUITES)

vectors: ## The conformance vectors, every runner; IOT_TUNNEL_VECTORS=dir reads others
	@tests/run.sh vectors

cross: ## Core for targets without an operating system, and no panic in it
	@tests/run.sh cross

fuzz: ## Looks for bugs with the fuzzer, SECONDS=600 a target; TARGET="message websocket" picks some
	@tests/setup.sh fuzz
	@FUZZ_SEED=0 FUZZ_SECONDS=$(or $(SECONDS),600) tests/fuzz.sh $(TARGET)

bench: ## The figures that README prints
	cargo bench --locked -p iot-tunnel-tests

lint: ## rustfmt, clippy and rustdoc, warnings are errors
	@tests/run.sh lint

doc: ## The documentation, in target/doc
	cargo doc --locked --no-deps -p iot-tunnel-core -p iot-tunnel

npm: ## The npm package: wasm/dist, and packed as wasm/iot-tunnel-VERSION.tgz
	@tests/setup.sh wasm
	wasm/build.sh

sizes: npm ## What the npm package weighs, against its budget
	@tests/setup.sh js
	@cd tests/js && npm run --silent sizes

setup: ## Installs what demo and test need beside cargo, cc, node and python3
	@tests/setup.sh

clean: ## Removes everything that was built or installed in this checkout
	cargo clean
	rm -rf wasm/dist wasm/node_modules tests/js/node_modules
	rm -rf .tools tests/clients/js/node_modules tests/fuzz/corpus tests/fuzz/artifacts
