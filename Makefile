# The two commands of the README: `make demo` and `make test`. Both install what is missing and say so.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
BIN := .build/release/tollgate
VENV := .venv
# Exclusivity is checked at run time in debug builds and tests; see Package.swift.
SWIFT_BUILD := swift build -c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked --product tollgate

.PHONY: help demo build test unit end-to-end lint soak system-packages test-packages clean

help:
	@echo 'make demo    build the gateway and run it in front of the embedded chat; prints the address to open'
	@echo 'make test    everything CI runs: format check, unit tests, end-to-end tests'
	@echo 'make build   the release binary, $(BIN)'
	@echo 'make soak    the long runs'

demo: build
	@exec $(BIN) demo

build: system-packages
	@echo '==> building the release binary (the first build takes some minutes)'
	$(SWIFT_BUILD)

test: lint unit end-to-end

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

unit: system-packages
	@echo '==> unit tests'
	TOLLGATE_WARNINGS_AS_ERRORS=1 swift test --parallel

end-to-end: build test-packages $(VENV)/.installed
	@echo '==> end-to-end tests'
	$(VENV)/bin/python -m pytest Tests/EndToEnd -q

soak: build test-packages $(VENV)/.installed
	$(VENV)/bin/python -m pytest Tests/EndToEnd -q --soak

$(VENV)/.installed: Tests/EndToEnd/requirements.txt examples/django-chat/requirements.txt
	@echo '==> Python packages of the tests into $(VENV)'
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/EndToEnd/requirements.txt -r examples/django-chat/requirements.txt
	@touch $@

system-packages:
	@.ci/install-packages libssl-dev libyaml-dev pkg-config

test-packages:
	@.ci/install-packages python3 python3-venv chromium chromium-driver

clean:
	rm -rf .build $(VENV) artefacts
