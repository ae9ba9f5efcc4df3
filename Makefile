# Sapa. `make run` serves the demo shop, `make test` runs every test; see README.md.
# Each environment is installed once, and again only when its lock file changes.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
APP := .venv/bin
RASA := .venv-rasa/bin

.PHONY: run test lint widget check-widget format bench bench-answers bench-offers environments dev clean check-python chromium

run: environments
	@SAPA_DEMO=$${SAPA_DEMO:-true} $(APP)/sapa prepare
	@SAPA_DEMO=$${SAPA_DEMO:-true} exec $(APP)/sapa serve

test: environments dev chromium
	@SAPA_DEMO=true $(APP)/sapa prepare
	$(APP)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# Node is needed only here: dist/ is committed, and CI sees to it that it is what src/ builds.
widget: web/widget/node_modules/.installed
	@cd web/widget && node build.js

check-widget:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web/widget/node_modules/.installed && cd web/widget && node build.js --check; \
	  else echo "sapa: NOT CHECKED: that web/widget/dist matches its source, because Node.js 20 or newer is not here"; fi

web/widget/node_modules/.installed: web/widget/package-lock.json
	@cd web/widget && npm ci --ignore-scripts --silent
	@touch $@

lint: environments dev check-widget
	$(APP)/ruff check .
	$(APP)/ruff format --check .
	$(APP)/mypy
	$(APP)/lint-imports

format: dev
	$(APP)/ruff check --fix .
	$(APP)/ruff format .

bench: environments dev
	$(APP)/python -m bench.turns

# DATA is the folder of the public sets. Takes an hour or more on two cores; Rasa trains most of it.
bench-answers: environments .venv/.bench
	$(APP)/python -m bench.answers --data $(DATA) --out docs/answers.md $(ARGS)

bench-offers: environments .venv/.bench
	$(APP)/python -m bench.offers --data $(DATA) $(ARGS)

environments: check-python
	@$(MAKE) --no-print-directory -j2 .venv/.installed .venv-rasa/.installed

dev: .venv/.dev

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "sapa: Python 3.11 is needed, $(PYTHON) is another one. Try: make PYTHON=/path/to/python3.11"; exit 1; }

# torch first, by itself: what needs it then takes the build that is there.
.venv/.installed: requirements/app.txt pyproject.toml
	@echo "sapa: installing the app's environment (.venv, 2.3 GB, about 3 minutes) ..."
	@$(PYTHON) -m venv .venv
	@$(APP)/python -m pip install --quiet --disable-pip-version-check $$(grep '^torch==' requirements/app.txt) $(ON_FAILURE)
	@$(APP)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/app.txt $(ON_FAILURE)
	@$(APP)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . $(ON_FAILURE)
	@touch $@
	@echo "sapa: the app's environment is ready"

# Rasa 3.6.21 declares Python < 3.11 but runs on it from this list: docs/decisions/0001-rasa-apart.md
.venv-rasa/.installed: requirements/rasa.txt
	@echo "sapa: installing Rasa's environment (.venv-rasa, 2.4 GB, about 3 minutes) ..."
	@$(PYTHON) -m venv .venv-rasa
	@$(RASA)/python -m pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python -r requirements/rasa.txt $(ON_FAILURE)
	@touch $@
	@echo "sapa: Rasa's environment is ready"

.venv/.dev: requirements/dev.txt .venv/.installed
	@echo "sapa: installing what the tests need ..."
	@$(APP)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/dev.txt $(ON_FAILURE)
	@touch $@

.venv/.bench: requirements/bench.txt .venv/.installed
	@echo "sapa: installing what the benchmarks need ..."
	@$(APP)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/bench.txt $(ON_FAILURE)
	@touch $@

ON_FAILURE = || { echo "sapa: $@ failed, see pip's message above. Check the network and the free disk space (6 GB), then run make again: it goes on where it stopped."; exit 1; }

# The browser journeys use Debian's Chromium; set SAPA_TEST_CHROMIUM to use another one.
chromium:
	@[ -n "$$SAPA_TEST_CHROMIUM" ] || command -v chromium >/dev/null || { \
	  echo "sapa: installing Chromium for the browser tests ..."; \
	  SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq chromium >/dev/null; } || { \
	  echo "sapa: no Chromium: install it, or set SAPA_TEST_CHROMIUM to its path"; exit 1; }

clean:
	rm -rf .venv .venv-rasa var web/widget/node_modules
