# One entry for everything; `make` alone lists the targets. Nothing is installed outside .venv.
#
#   PYTHON=python3.12       interpreter for a new .venv (default: the first found that is 3.10+)
#   ARGS="-k session -x"    passed to pytest
#   VENV=.venv-3.12         another environment, for another interpreter
#   FASTFLASK_SPEEDUPS=1    fail where the extension cannot be built; =0: pure mode only
#   FASTFLASK_BUILD=debug   see setup.py
#   ON=flask                make run: the example on Flask itself

VENV ?= .venv
PY = $(VENV)/bin/python
PIP = $(PY) -m pip -qq --disable-pip-version-check
EXAMPLE = examples/notes
# What comes before a command of the example: nothing, and it runs on Flask itself.
ON ?= fastflask
UNDER = $(CURDIR)/$(VENV)/bin/$(if $(filter flask,$(ON)),,fastflask exec )
SOURCES = setup.py $(wildcard fastflask/_speedups.pyx fastflask/_cython/*.pxi)
MODULE = fastflask/_speedups$(shell $(PY) -c $(EXT_SUFFIX) 2>/dev/null)
EXT_SUFFIX = 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))'
BUILT = $(VENV)/.built$(FASTFLASK_BUILD:%=-%)
PURE_ONLY = echo "fastflask: no compiled module, pure mode only (reason: build/build.log)"

# A build that gave no module is tried again, as there may be a compiler by now.
ifeq ($(wildcard $(MODULE)),)
$(shell rm -f $(VENV)/.built*)
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PRECIOUS: $(VENV)/.group-%
.PHONY: help run build test test-compiled test-pure test-flask test-extensions example-test \
    example-savings conformance lint types format annotate clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

run: build $(VENV)/.group-example  ## build, then serve examples/notes on http://127.0.0.1:5000/
	@cd $(EXAMPLE) && $(UNDER)flask --app notes db upgrade
	cd $(EXAMPLE) && exec $(UNDER)flask --app notes run --host 127.0.0.1 --port 5000

build: $(BUILT)  ## make .venv and the extension (or fall back to pure mode)
	@[ -f $(MODULE) ] || $(PURE_ONLY)

test: test-compiled test-pure test-flask  ## run all tests on both implementations

test-compiled: build $(VENV)/.group-test $(VENV)/.group-example
	@if [ "$$FASTFLASK_SPEEDUPS" != 0 ] && [ -f $(MODULE) ]; \
	then $(call suite,1); fi

test-pure: build $(VENV)/.group-test $(VENV)/.group-example
	@$(call suite,0)

define suite
echo "== FASTFLASK_SPEEDUPS=$(1)" && export FASTFLASK_SPEEDUPS=$(1) && $(PY) -m pytest $(ARGS) \
&& cd $(EXAMPLE) && $(CURDIR)/$(VENV)/bin/fastflask exec python -m pytest -q tests
endef

test-flask: build $(VENV)/.group-test $(VENV)/.group-example
	@echo "== the example on Flask" && cd $(EXAMPLE) && \
	NOTES_TEST_FRAMEWORK=flask $(CURDIR)/$(PY) -m pytest -q tests

example-test: build $(VENV)/.group-example-test  ## try the example in a browser and under servers, on both frameworks
	@$(PY) $(EXAMPLE)/end_to_end/needed.py
	@$(PY) -m pytest $(EXAMPLE)/end_to_end $(ARGS)

example-savings: build $(VENV)/.group-example-test  ## measure the example on Flask and on fastflask
	@$(PY) $(EXAMPLE)/end_to_end/savings.py $(ARGS)

test-extensions: build $(VENV)/.group-extensions  ## run applications with extensions, unchanged, on both
	@for mode in 1 0; do echo "== FASTFLASK_SPEEDUPS=$$mode" && FASTFLASK_TEST_EXTENSIONS=1 \
	FASTFLASK_SPEEDUPS=$$mode $(PY) -m pytest tests/extensions $(ARGS) || exit 1; done

conformance: build $(VENV)/.group-test  ## run Flask's own tests on fastflask (needs the network once)
	@$(PY) tools/conformance/run.py $(ARGS)

lint: $(VENV)/.group-lint  ## check style
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cython-lint $(filter-out setup.py,$(SOURCES))
	@$(PY) tools/mutants/run.py --check

types: build $(VENV)/.group-types  ## check types, also as an application sees them
	@$(PY) tools/check_types.py $(ARGS)

format: $(VENV)/.group-lint  ## rewrite the files in the project's style
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

annotate: $(VENV)/.installed  ## write HTML that shows what the extension asks of Python
	@FASTFLASK_BUILD=annotate $(PY) setup.py -q build_ext --force -t build/annotate -b build/annotate
	@find build/annotate -name '*.html'

clean:  ## remove what was built, but keep .venv
	rm -rf build dist *.egg-info .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f fastflask/*.so $(VENV)/.built*
	find fastflask tests examples tools -name __pycache__ -prune -exec rm -rf {} +

$(BUILT): $(SOURCES) | $(VENV)/.installed
	@echo "== building fastflask._speedups"
	@mkdir -p build && rm -f $(MODULE) $(VENV)/.built*
	@$(PY) setup.py build_ext --inplace --force >build/build.log 2>&1 || { cat build/build.log; exit 1; }
	@touch $@

# Only what pip knows about the package: the extension is built by the rule above.
$(VENV)/.installed: $(VENV)/.group-build
	@FASTFLASK_SPEEDUPS=0 $(PIP) install --no-build-isolation -e ".[async,dotenv]"
	@touch $@

$(VENV)/.group-%: pyproject.toml | $(PY)
	@echo "== installing into $(VENV): $*"
	@$(PIP) install --group $*
	@touch $@

$(PY):
	@for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python3.10 python3.14 python3.15); do \
	    $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || continue; \
	    echo "== making $(VENV) with $$($$python --version)"; \
	    $$python -m venv $(VENV) && $(PIP) install "pip>=25.1" && exit 0; \
	    rm -rf $(VENV); exit 1; \
	done; \
	echo "Python 3.10 or later with its venv module is needed (Debian: apt install python3-venv);" \
	     "set PYTHON to point to one." >&2; exit 1

# CASES is for all parts; MATCHER, URLS, LOCAL, READING, CYCLE for one, 0 leaves it out.
# See tests/fuzzing.py.
MATCHER = $(or $(CASES),1000000)
URLS = $(or $(CASES),500000)
fuzz: build $(VENV)/.group-test  ## compare with Flask and Werkzeug on random input; CASES=20000
	@[ ! -f $(MODULE) ] || { $(call fuzzed,1,not pure); }
	@$(call fuzzed,0,not compiled)

define fuzzed
echo "== FASTFLASK_SPEEDUPS=$(1)" && FASTFLASK_SPEEDUPS=$(1) FUZZ_CASES=$(or $(CASES),200000) \
FUZZ_MATCHER=$(MATCHER) FUZZ_URLS=$(URLS) FUZZ_LOCAL=$(LOCAL) FUZZ_READING=$(READING) \
FUZZ_CYCLE=$(CYCLE) \
$(PY) -m pytest -q $(wildcard tests/test_differential_*.py) -k "$(2)" $(ARGS)
endef

.PHONY: fuzz

bench: build $(VENV)/.group-bench  ## measure everything beside Flask and others, side by side
	@$(PY) -m bench.run $(ARGS)

bench-quick: build $(VENV)/.group-bench  ## the same in under two minutes
	@$(PY) -m bench.run --quick $(ARGS)

bench-report: $(VENV)/.group-bench  ## write docs/performance.md and its charts from the last bench
	@$(PY) -m bench.report $(ARGS)

bench-stack: build $(VENV)/.group-bench  ## measure behind gunicorn and granian
	@$(PY) -m bench.stack $(ARGS)

bench-gate: build $(VENV)/.group-bench  ## fail if speed was lost beside Flask and Falcon
	@$(PY) -m bench.gate $(ARGS)

.PHONY: bench bench-quick bench-report bench-stack bench-gate

CHECKS ?= 5000000
CHURN ?= 1000000
crosstalk: build $(VENV)/.group-test  ## look for values of other requests, in CHECKS checks
	@[ ! -f $(MODULE) ] || FASTFLASK_SPEEDUPS=1 $(PY) tests/crosstalk.py --checks $(CHECKS) --churn $(CHURN) $(ARGS)
	@FASTFLASK_SPEEDUPS=0 $(PY) tests/crosstalk.py --checks $(CHECKS) --churn $(CHURN) $(ARGS)

.PHONY: crosstalk

docs: $(VENV)/.installed $(VENV)/.group-docs  ## build the pages of docs/ into build/docs
	@FASTFLASK_SPEEDUPS=0 $(PY) -m sphinx -q -W --keep-going -b html -d build/doctrees docs build/docs $(ARGS)
	@echo "build/docs/index.html"

docs-try: $(VENV)/.group-build  ## try each command of the quickstart and of docs/deploying.md
	@$(PY) tools/docs/try_commands.py

.PHONY: docs docs-try

TIMES ?= 100
HOSTILE_TESTS = $(patsubst %,tests/test_hostile_%.py,input output redirects files)
hostile: build $(VENV)/.group-test  ## send malformed input, TIMES as much of it as make test does
	@for mode in 1 0; do echo "== FASTFLASK_SPEEDUPS=$$mode"; HOSTILE_TIMES=$(TIMES) \
	FASTFLASK_SPEEDUPS=$$mode $(PY) -m pytest -q $(HOSTILE_TESTS) $(ARGS) || exit 1; done

TRIES ?= 1000000
cookies: build $(VENV)/.group-test  ## try TRIES forged session cookies
	@for mode in 1 0; do echo "== FASTFLASK_SPEEDUPS=$$mode"; COOKIE_TRIES=$(TRIES) \
	FASTFLASK_SPEEDUPS=$$mode $(PY) -m pytest -q tests/test_hostile_cookies.py $(ARGS) || exit 1; done

ATTACKS ?= 2000
traffic: build $(VENV)/.group-traffic  ## attack five servers on their sockets, each ATTACKS times
	@for mode in 1 0; do echo "== FASTFLASK_SPEEDUPS=$$mode"; TRAFFIC_ATTACKS=$(ATTACKS) \
	FASTFLASK_SPEEDUPS=$$mode $(PY) -m pytest -q tests/test_hostile_traffic.py $(ARGS) || exit 1; done

mutants: build $(VENV)/.group-test  ## break it in small ways, and see whether the tests notice
	@$(PY) tools/mutants/run.py $(ARGS)

.PHONY: hostile cookies traffic mutants

PACKAGES = $(PY) tools/packages
dist: $(VENV)/.group-build  ## build the sdist and wheels for every Python here into dist/
	@$(PACKAGES)/build.py

test-dist: $(VENV)/.group-build  ## install each artefact of dist/ elsewhere and test it
	@$(PACKAGES)/check.py $(ARGS)

test-all: $(VENV)/.group-build  ## run all tests on every Python here, each in a .venv-3.x
	@set -e; for python in $$($(PACKAGES)/pythons.py); do \
	    version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	    echo "== Python $$version"; \
	    $(MAKE) VENV=.venv-$$version PYTHON=$$python test; \
	done

tests-min: $(VENV)/.group-build  ## run all tests with the lowest versions that are allowed
	@mkdir -p build && $(PACKAGES)/lowest.py > build/lowest.txt
	@PIP_CONSTRAINT="$(CURDIR)/build/lowest.txt" $(MAKE) VENV=.venv-min test

tests-newest: $(VENV)/.group-build  ## run the tests with the newest Flask and Werkzeug, bounds or not
	@$(MAKE) VENV=.venv-newest build .venv-newest/.group-test
	@.venv-newest/bin/python -m pip -qq install --upgrade flask werkzeug jinja2 click
	@.venv-newest/bin/python -m pip list | grep -iE '^(flask|werkzeug|jinja2|click) '
	@$(MAKE) VENV=.venv-newest test

# The interpreter is not built for it, so its own leaks are not looked at.
SANITIZED = LD_PRELOAD="$$($${CC:-cc} -print-file-name=libasan.so)" PYTHONMALLOC=malloc \
    ASAN_OPTIONS=detect_leaks=0:handle_segv=0:log_path=$(CURDIR)/build/sanitize.log \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$(CURDIR)/build/sanitize.log
# Reports go to files, as pytest keeps what a test prints. A crash is none of them: where CPython
# itself crashes without memory, the tests know. A greenlet moves its piece of the stack, so tests
# with greenlets run in a build whose stack is not guarded. Left out is a test of texts of 1 MiB which
# Werkzeug puts together by characters: each of them copies the whole here.
sanitized = rm -f $(MODULE) && export FASTFLASK_SPEEDUPS=1 && \
    CFLAGS="$(1)" FASTFLASK_BUILD=sanitize $(MAKE) build && \
    { $(SANITIZED) $(PY) -m pytest -m "not slow and $(2)" \
    --deselect tests/test_hostile_input.py::test_very_long_texts $(ARGS) || [ $$? = 5 ]; }
# More with FUZZ_CASES=200000 ARGS="-k differential".
sanitize: $(VENV)/.installed $(VENV)/.group-test  ## run the tests with the sanitizers of the compiler
	@rm -f build/sanitize.log*; \
	{ $(call sanitized,,not greenlets) && $(call sanitized,--param asan-stack=0,greenlets); }; \
	status=$$?; cat build/sanitize.log* 2>/dev/null && status=1; rm -f $(MODULE) $(VENV)/.built*; exit $$status

.PHONY: dist test-dist test-all tests-min tests-newest sanitize

# Each of these puts a small application under strain at full size; tests/reliability has them at a small one.
IN_TESTS = cd tests && PYTHONPATH="$(CURDIR):$(CURDIR)/tests" FASTFLASK_SPEEDUPS=$$mode $(abspath $(PY))
STRAIN = set -e; for mode in $(MODES); do echo "== FASTFLASK_SPEEDUPS=$$mode";
MODES ?= 1 0
faults: build $(VENV)/.group-test  ## fail in every stage with every error, and at every allocation of memory
	@$(STRAIN) FUZZ_CASES=10001 FASTFLASK_SPEEDUPS=$$mode $(PY) -m pytest -q tests/test_differential_cycle.py -k stage; done
	@$(STRAIN) (ulimit -c 0; $(IN_TESTS) -m reliability.memory $(ARGS)); done

soak: build $(VENV)/.group-test  ## send a million requests of each kind, and see what is left of them
	@$(STRAIN) ($(IN_TESTS) -m reliability.soak $(ARGS)); done

interrupts: build $(VENV)/.group-test  ## interrupt 100,000 requests
	@$(STRAIN) ($(IN_TESTS) -m reliability.interrupts $(ARGS) 2>../build/interrupts.log); done

test-dev: build $(VENV)/.group-test  ## run the tests in Python's development mode, with its memory debugger
	@$(STRAIN) PYTHONMALLOC=debug PYTHONDEVMODE=1 FASTFLASK_SPEEDUPS=$$mode $(PY) -m pytest -q -m "not slow" $(ARGS); done

VALGRIND_TESTS = $(patsubst %,tests/test_%.py,stack context globals cycle_garbage wrappers_request url_overrides)
valgrind: build $(VENV)/.group-test  ## run some tests under valgrind, and fail where it names the extension
	@PYTHONMALLOC=malloc FASTFLASK_SPEEDUPS=1 valgrind -q --num-callers=40 --log-file=build/valgrind.log \
	    $(PY) -m pytest -q -p no:cacheprovider $(or $(ARGS),$(VALGRIND_TESTS))
	@! grep -n _speedups build/valgrind.log

growth: build $(VENV)/.group-test  ## see how the time grows with hostile input
	@$(STRAIN) ($(IN_TESTS) -m reliability.growth $(ARGS)); done

.PHONY: faults soak interrupts test-dev valgrind growth
