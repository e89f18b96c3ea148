# Hongbao: build, test and show it. `make` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help demo test up down lint build clean fuzz screenshot test-tls bench-recommend bench-claim bench-deliver bench-reconcile torture-claim torture-deliver packages

# The system's parts: C libraries, libjwt (the oracle of the tickets' tests), redis-server.
PACKAGES := libhiredis-dev librdkafka-dev libcurl4-openssl-dev libssl-dev libjwt-dev zlib1g-dev libbrotli-dev libzstd-dev \
    redis-server pkg-config make
# The tests compare our HTTP parser with nginx's, deliver over TLS to an nginx with certificates by openssl,
# and open the landing page in a browser.
test screenshot: PACKAGES += chromium fonts-noto-cjk
test: PACKAGES += nginx openssl $(if $(TRAITS),curl)
test-tls: PACKAGES += openssl curl
# The benchmarks' peers and load generator.
bench-recommend: PACKAGES += nginx libnginx-mod-http-lua lua-resty-core lua-nginx-redis wrk
bench-claim: PACKAGES += redis-tools
bench-deliver: PACKAGES += nginx wrk nghttp2-client python3
bench-reconcile: PACKAGES += python3 python3-pip kcat
SWIFT ?= swift
RELEASE := .build/release

help: ## this list
	@echo "make <target>:"
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: packages ## build, run the festival with faults and kills on a private stack, and check the ledger
	@started=$$SECONDS
	$(SWIFT) build -c release
	built=$$((SECONDS - started))
	echo "built in $$built s"
	status=0
	$(RELEASE)/simulator demo || status=$$?
	echo "build $$built s, demo $$((SECONDS - started - built)) s"
	exit $$status

# With TRAITS=TLS the one build has TLS in it, and its tests run with all the others. BoringSSL takes minutes, a
# third less without debug information for C; nobody looks anything up in that build either.
TRAITS ?=
TEST_BUILD := $(if $(TRAITS),--traits $(TRAITS) -Xcc -g0 -Xcxx -g0)
test: packages ## all tests, unit and integration; starts and stops its own servers (TRAITS=TLS: those of TLS too)
	@$(SWIFT) build $(TEST_BUILD) --build-tests
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8 \
	    .ci/tell-failures $(SWIFT) test $(TEST_BUILD) --skip-build --disable-xctest

# A build of its own, of what TLS concerns alone: BoringSSL takes minutes, a third less without debug information
# for C, and nothing else has use for it.
TLS_BUILD := --scratch-path .build-tls --traits TLS -Xcc -g0 -Xcxx -g0
test-tls: export HONGBAO_TESTS := TLS
test-tls: packages ## the tests of TLS on the ports, in .build-tls with the package trait TLS
	@$(SWIFT) build $(TLS_BUILD) --product hongbaoPackageTests
	.ci/tell-failures $(SWIFT) test $(TLS_BUILD) --skip-build --disable-xctest

up: packages ## the same stack, left running; prints the URLs and a coupon ready to claim with
	@$(SWIFT) build -c release
	$(RELEASE)/simulator up

down: ## stop what `make up` left running
	@if [ -x $(RELEASE)/simulator ]; then $(RELEASE)/simulator down; else echo "nothing was ever built"; fi

screenshot: packages ## pictures of the landing page, in .run/screenshots, from a stack of its own
	@$(SWIFT) build -c release
	$(RELEASE)/simulator screenshot

bench-recommend: packages ## the list's benchmarks beside their peers; prints a table, writes .run/bench/recommend.json
	@$(SWIFT) build -c release --product recommend
	$(SWIFT) build -c release --product bench-recommend
	$(RELEASE)/bench-recommend

bench-claim: packages ## the claim's benchmarks beside their peers; prints a table, writes .run/bench/claim.json (ARGS="--only …")
	@for product in claim local-kafka bench-claim; do $(SWIFT) build -c release --product $$product; done
	$(RELEASE)/bench-claim $(ARGS)

bench-deliver: packages ## the deliverer's benchmarks at nginx; prints a table, writes .run/bench/deliver.json (ARGS="--only …")
	@for product in deliverer local-kafka bench-deliver; do $(SWIFT) build -c release --product $$product; done
	$(RELEASE)/bench-deliver $(ARGS)

bench-reconcile: packages ## the reconciler's benchmarks beside DuckDB, polars and kcat; prints a table, writes .run/bench/reconcile.json (ARGS="--only …")
	@for product in reconciler local-kafka bench-reconcile; do $(SWIFT) build -c release --product $$product; done
	$(RELEASE)/bench-reconcile $(ARGS)

torture-claim: packages ## a million claim attempts under kills, stops, cuts and losses, and the books (ARGS="--seed …")
	@for product in claim local-kafka reconciler simulator; do $(SWIFT) build -c release --product $$product; done
	$(RELEASE)/simulator torture $(ARGS)

torture-deliver: packages ## 200,000 orders delivered under faults, kills, stops and losses, and the books (ARGS="--seed …")
	@for product in deliverer local-kafka reconciler simulator; do $(SWIFT) build -c release --product $$product; done
	$(RELEASE)/simulator torture-deliver $(ARGS)

fuzz: ## the HTTP parser under libFuzzer and the address sanitizer, for FUZZ_SECONDS (default 120)
	@Tests/Fuzz/run $${FUZZ_SECONDS:-120}

# swift-format leaves comments as wide as they are. An address cannot be wrapped.
lint: ## swift-format over all sources, and no line wider than 110 columns; every finding is an error
	@wide=$$(LC_ALL=C.UTF-8 grep -rnE '^.{111,}' --include='*.swift' Package.swift Sources Tests Benchmarks | grep -vE '[a-z]://' || true)
	[ -z "$$wide" ] || { printf 'wider than 110 columns:\n%s\n' "$$wide"; exit 1; }
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks
	echo "lint: clean"

build: packages ## release build of everything
	@$(SWIFT) build -c release

clean: down ## stop the stack, remove what was built and what runs left
	@rm -rf .build .build-tls .run

# Installs what is missing and nothing else. A package's start-up script must not start a Redis of the system's:
# ours run on private ports; the policy that says so is put back as it was.
packages:
	@missing=()
	for name in $(PACKAGES); do
	    [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$name 2>/dev/null || true)" = installed ] || missing+=($$name)
	done
	[ $${#missing[@]} -eq 0 ] && exit 0
	echo "installing $${missing[*]}"
	root=(); [ "$$(id -u)" -eq 0 ] || root=(sudo)
	policy=/usr/sbin/policy-rc.d
	if ! [ -e $$policy ]; then
	    printf '#!/bin/sh\nexit 101\n' | "$${root[@]}" tee $$policy >/dev/null
	    "$${root[@]}" chmod +x $$policy
	    trap '"$${root[@]}" rm -f '$$policy EXIT
	fi
	export DEBIAN_FRONTEND=noninteractive
	"$${root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update
	"$${root[@]}" apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$${missing[@]}"
