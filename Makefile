# Own It. `make run` starts it, `make test` tests it; each installs what it needs first.
.PHONY: help run install train test test-fast check evaluate bench lint preview report soak-telegram bench-widget cluster-test

ownit = .venv/bin/ownit
# Where it is set, every start compiles all libraries anew: 28 s until ready instead of 18 on one machine.
unexport PYTHONDONTWRITEBYTECODE

help:           ## show this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

run: install    ## install, train if needed, start, and watch over the bot
	@$(ownit) run

install:        ## make .venv as requirements.lock says
	@scripts/install

train: install  ## train the model if its inputs changed
	@$(ownit) train

check: install  ## check every content file (seconds)
	@$(ownit) check

lint: install   ## style and types
	@.venv/bin/ruff check .
	@.venv/bin/mypy

test-fast: install check lint  ## the quick tests: no Rasa, no browser (under 30 seconds)
	@.venv/bin/pytest -m "not engine and not browser and not slow"

test: install check lint train  ## every test
	@.venv/bin/pytest -n 2 --dist loadfile

evaluate: train ## measure understanding and safety on test questions
	@$(ownit) evaluate

bench: train    ## measure speed and memory
	@.venv/bin/python -m scripts.bench

preview: install ## see the answers as people will
	@$(ownit) preview

report: install ## what is due, and how the bot is used
	@$(ownit) report

soak-telegram: install ## 200 chats at once on a fake Telegram with faults
	@.venv/bin/python -m scripts.soak_telegram

bench-widget: install ## size and speed of the web chat
	@.venv/bin/python -m scripts.bench_widget

cluster-test: train ## two replicas, nginx and Redis on this machine
	@.venv/bin/python -m scripts.cluster_test

lock:           ## pin versions and hashes anew, for the platforms of pyproject.toml
	@.venv-tools/bin/uv pip compile pyproject.toml --extra dev --extra poster --universal --python-version 3.10 --generate-hashes --no-header --no-annotate -q -o requirements.lock
	@sed -i -E "s/ ; python_full_version < '3.11' and \(\(platform_machine == 'aarch64' and sys_platform == 'linux'\) or \(platform_machine == 'x86_64' and sys_platform == 'linux'\) or sys_platform == 'darwin'\) / /" requirements.lock
