# `make demo` and `make test` are the two commands for a fresh machine. See README.md.
SHELL := /bin/bash
BUILD ?= build
JOBS ?= $(shell nproc)
CMAKE := cmake -S . -B $(BUILD) -G Ninja \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache $(CMAKE_ARGS)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# What the product needs to build and run (Debian 12 package names). libisal-dev, which compresses
# faster than zlib, is packaged for amd64.
DEPS := g++ make cmake ninja-build pkg-config ccache git \
  libgit2-dev libcurl4-openssl-dev libsqlite3-dev liblua5.4-dev pybind11-dev python3-dev \
  nlohmann-json3-dev libfmt-dev libcli11-dev libtomlplusplus-dev libpugixml-dev libseccomp-dev \
  libssl-dev zlib1g-dev libexpat1-dev \
  python3-jinja2 python3-openpyxl python3-pip python3-requests weasyprint \
  $(if $(filter x86_64,$(shell uname -m)),libisal-dev)
# What its tests and checks need besides.
TEST_DEPS := libgtest-dev libgmock-dev openssl openssh-server openssh-client python3-pytest sqlite3 \
  python3-jsonschema python3-numpy python3-xlsxwriter lua5.4 libreoffice-calc-nogui
CHECK_DEPS := clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev xz-utils

.PHONY: help deps test-deps check-deps build build-tests demo test asan bench soak audit fuzz \
  render-peer render-office render-browser format check clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# apt is asked only when a package is missing, so that an offline machine that has them all works.
define install
	@missing=$$(dpkg-query -W -f='$${Package} $${db:Status-Abbrev}\n' $(1) 2>/dev/null | \
	  awk '$$2 == "ii" {print $$1}' | sort > /tmp/.carrel-have.$$$$; \
	  printf '%s\n' $(1) | sort | comm -23 - /tmp/.carrel-have.$$$$; rm -f /tmp/.carrel-have.$$$$); \
	if [ -n "$$missing" ]; then \
	  echo "installing:" $$missing; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing \
	    > /dev/null; \
	fi
endef

deps: ## install what the product needs (Debian 12)
	$(call install,$(DEPS))

test-deps: deps
	$(call install,$(TEST_DEPS))

check-deps:
	$(call install,$(CHECK_DEPS))

build: deps ## build/bin/carrel and its workers
	@$(CMAKE) -DBUILD_TESTING=OFF > /dev/null
	@cmake --build $(BUILD) -j $(JOBS)

build-tests: test-deps
	@$(CMAKE) -DBUILD_TESTING=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS)

demo: build ## clone a report repository over http, run a report, show its file
	@BUILD=$(BUILD) examples/demo.sh

test: build-tests ## the whole test suite
	@tests/run_tests.sh $(BUILD)

asan: ## the whole test suite under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory test BUILD=build-asan \
	  CMAKE_ARGS="-DCMAKE_BUILD_TYPE=Debug -DCARREL_SANITIZE=address,undefined"

bench: build ## figures, side by side with the peers
	@tests/bench/run_bench.sh $(BUILD)

soak: build-tests ## 10,000 hostile and ordinary reports; counts what they leave behind
	@CARREL_BUILD=$(BUILD) /usr/bin/python3 tests/hostile/soak.py

audit: build-tests ## system calls that reports make and the list lacks (root)
	@cmake --build $(BUILD) --target carrel-worker-audit > /dev/null
	@/usr/bin/python3 tests/audit/audit.py --build $(BUILD)

fuzz: test-deps check-deps ## the fuzz targets, a minute each
	@tests/fuzz/run_fuzz.sh $(BUILD)-fuzz

render-peer: build ## random rows through connect-reports-core and through us (PyPI once)
	@/usr/bin/python3 tests/render/differential.py --carrel $(BUILD)/bin/carrel --seeds 20

render-office: build-tests ## what LibreOffice makes of rendered templates (installs it)
	$(call install,libreoffice-calc)
	@CARREL_BUILD=$(BUILD) /usr/bin/python3 -m pytest -q -p no:cacheprovider \
	  tests/render/office_checks.py

render-browser: build-tests ## what a browser does with html pages (installs Chromium)
	$(call install,chromium)
	@CARREL_BUILD=$(BUILD) /usr/bin/python3 -m pytest -q -p no:cacheprovider \
	  tests/render/browser_checks.py

format: check-deps ## format every source file
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i

check: check-deps ## format, clang-tidy, layering
	@tests/checks/run_checks.sh $(BUILD)

clean:
	@rm -rf $(BUILD) $(BUILD)-fuzz build-asan
