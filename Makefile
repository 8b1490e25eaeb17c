# Two commands on a fresh machine: `make quickstart` trains, `make test` tests. Each makes its own environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

export HF_HUB_OFFLINE ?= 1
export AXOLOTL_DO_NOT_TRACK ?= 1
export TOKENIZERS_PARALLELISM ?= false

.PHONY: quickstart test test-fast lint docs clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	touch $@

# A tiny random model and tokenizer, then Axolotl on the sample textbook, both stages: no GPU, no network once installed.
quickstart: $(VENV)/.installed
	$(BIN)/python example_configs/make_tiny_model.py outputs/tiny-llama
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/axolotl train example_configs/quickstart.yaml
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/axolotl train example_configs/quickstart_ssft.yaml

test: $(VENV)/.installed lint
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Without Axolotl's trainer.
test-fast: $(VENV)/.installed
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not training"

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) outputs build dist last_run_prepared structtuning_work

# Tables of the documentation, from the code.
docs: $(VENV)/.installed
	$(BIN)/python -m tests.test_docs
