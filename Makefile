# The two commands of the README: `make demo` and `make test`. Both install what is missing and say so.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
BIN := .build/release/tollgate
VENV := .venv
# What the release binary is built with. Exclusivity is checked at run time in debug builds and tests instead; inlining
# across modules takes some five percent off a request.
OPTIMISED := -c release -Xswiftc -enforce-exclusivity=unchecked -Xswiftc -cross-module-optimization
SWIFT_BUILD := swift build $(OPTIMISED) --static-swift-stdlib --product tollgate

.PHONY: help demo build test unit end-to-end lint soak fuzz system-packages test-packages clean

help:
	@echo 'make demo    build the gateway and run it in front of the embedded chat; prints the address to open'
	@echo 'make test    everything CI runs: format check, unit tests, end-to-end tests'
	@echo 'make build   the release binary, $(BIN)'
	@echo 'make soak    the long runs'
	@echo 'make fuzz    a minute of fuzzing for each decoder'

demo: build
	@exec $(BIN) demo $(if $(PORT),--port $(PORT))

build: system-packages
	@echo '==> building the release binary (the first build takes some minutes)'
	$(SWIFT_BUILD)

test: lint unit end-to-end

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

# Twice: debug builds check exclusivity and arithmetic, release builds are what runs, and an optimiser can be wrong.
unit: system-packages
	@echo '==> unit tests'
	TOLLGATE_WARNINGS_AS_ERRORS=1 swift test
	@echo '==> unit tests, optimised'
	swift test $(OPTIMISED) -Xswiftc -enable-testing --scratch-path .build-optimised-tests

end-to-end: build test-packages $(VENV)/.installed
	@cd Tests/EndToEnd && ../../$(VENV)/bin/python -m support.autobahn
	@echo '==> end-to-end tests'
	$(VENV)/bin/python -m pytest Tests/EndToEnd -q

soak: build test-packages $(VENV)/.installed
	$(VENV)/bin/python -m pytest Tests/EndToEnd -q --soak

fuzz: system-packages
	swift build --package-path Fuzz -c release --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address
	Fuzz/run 60

$(VENV)/.installed: Tests/EndToEnd/requirements.txt examples/django-chat/requirements.txt
	@echo '==> Python packages of the tests into $(VENV)'
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/EndToEnd/requirements.txt -r examples/django-chat/requirements.txt
	@touch $@

system-packages:
	@.ci/install-packages libssl-dev libyaml-dev pkg-config

test-packages:
	@.ci/install-packages python3 python3-venv chromium chromium-driver gcc libc6-dev nginx haproxy slowhttptest

clean:
	rm -rf .build .build-optimised-tests $(VENV) artefacts
