# A thin front. The build itself is CMake's (CMakePresets.json); everything here can be typed by hand.
JOBS ?= $(shell nproc)
SOURCES = find src sim lab tests -name node_modules -prune -o \( -name '*.cc' -o -name '*.h' \) -print

# The compiler cache serves every checkout, a fresh clone too.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := true

.PHONY: help setup clients build windows lambda package test demo tsan tidy format lint clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Install the Debian packages that build, tests and lints need
	tools/setup.sh

clients: setup # What the interop tests talk with
	tools/venv.sh

build: setup ## Build everything with ASan and UBSan into build/dev
	cmake --preset dev
	cmake --build --preset dev -j $(JOBS)

windows: setup ## Build keyturn.exe, the unit tests and the package for Windows into build/windows
	cmake --preset windows
	cmake --build --preset windows -j $(JOBS)
	python3 tools/windows/package.py --keyturn build/windows/src/cli/keyturn.exe --out build/windows/keyturn-windows.zip

lambda: setup ## Build the package for AWS Lambda: build/lambda/keyturn-lambda.zip
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target keyturn
	python3 tools/lambda/package.py --keyturn build/release/src/cli/keyturn --out build/lambda/keyturn-lambda.zip

package: windows lambda ## Gather what is shipped in build/package: .deb, zips, list of parts (SPDX), SHA256SUMS
	python3 tools/package/package.py

test: clients build package ## Build, then run every test: unit, simulation, process, interop, project
	ctest --preset dev

demo: setup ## Build a release and rotate the key of a lab fleet under running backups
	cmake --preset release
	cmake --build --preset release -j $(JOBS) --target keyturn keyturn-lab
	python3 tools/demo.py build/release $(DEMO)

tsan: setup ## Build with ThreadSanitizer into build/tsan, and run the C++ tests
	cmake --preset tsan
	cmake --build --preset tsan -j $(JOBS)
	ctest --preset tsan --label-exclude python

tidy: setup ## Run clang-tidy over our own files, Windows's own apart
	cmake --preset tidy
	$(SOURCES) | grep '\.cc$$' | grep -vE '_windows(_test)?\.cc$$' | xargs -P $(JOBS) -n 4 clang-tidy-14 -p build/tidy --quiet

format: setup ## Format every C++ file
	$(SOURCES) | xargs clang-format-14 -i

lint: tidy ## clang-tidy, shellcheck and the project's own checks
	shellcheck tools/*.sh tools/windows/*.sh packaging/debian/p* .ci/run src/render/linux_step.sh
	cmake --preset dev
	ctest --preset dev --label-regex project

clean: ## Remove what was built; keeps the compiler cache
	rm -rf build .venv tests/node_modules
