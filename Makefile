# Everything a person does with this project. `make help` lists it.
SHELL        := /bin/bash
.SHELLFLAGS  := -euo pipefail -c
.DEFAULT_GOAL := help

GO           ?= go
HOST_ARCH    := $(shell $(GO) env GOARCH)
ARCH         ?= $(HOST_ARCH)
FUNCTIONS    := $(notdir $(patsubst %/,%,$(wildcard functions/*/)))
COMMANDS     := agent proactive fleet
GOLANGCI     := 2.15.0
CYCLONEDX    := 1.10.0
GOVULNCHECK  := 1.9.0
VULNDB       ?= https://vuln.go.dev
FUZZTIME     ?= 20s
CHAOS_BATCHES ?= 10000
PRIVACY_PLANTS ?= 20000
PKGS         ?= ./shared/scrub ./shared/seal ./shared/catalog
# Packages whose results must have the same bits on every processor.
ARM64        ?= ./shared/trees ./shared/factors
export SEED RUNS DEMO_HOLD

# The same bytes from the same sources, wherever they lie: `make repro` shows it.
BUILD = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags='-s -w -buildid='

.PHONY: help
help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo "  SEED=7 make demo            another fleet"
	@echo "  RUNS=DIR make demo          real run folders of yours beside the simulated ones"
	@echo "  DEMO_HOLD=1 make demo       keep the stack up afterwards and print addresses"

.PHONY: setup
setup: .cache/bin/golangci-lint ## install what the tests need, into .cache/
	@$(GO) run ./infra/local/setup

.cache/bin/golangci-lint: Makefile
	@mkdir -p .cache/bin
	@echo "golangci-lint $(GOLANGCI): building (once, about a minute)"
	@GOBIN=$(CURDIR)/.cache/bin GOFLAGS=-mod=mod $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI)
	@touch $@

.PHONY: build
build: ## build every function (for ARCH) and every command (for this machine)
	@for f in $(FUNCTIONS); do \
	  GOOS=linux GOARCH=$(ARCH) $(BUILD) -tags lambda.norpc -o dist/$(ARCH)/$$f/bootstrap ./functions/$$f; done
	@for c in $(COMMANDS); do $(BUILD) -o bin/$$c ./cmd/$$c; done

.PHONY: train
train: ## train a model (DATA=x.csv|x.npz PARAMS=p.json OUT=model.txt, VALID=…): the same bytes each time; see infra/train
	@$(GO) run ./infra/local/setup -train
	@.cache/train-venv/bin/python infra/train/train.py --data $(DATA) --params $(PARAMS) --out $(OUT) $(if $(VALID),--valid $(VALID))

# What the models are made from: SEED or SEED-NUISANCE, see infra/train/nuisance.
LEARN        := 1001 1004 1008 1005-harsh 1009-harsh 1007-rough 1011-rough 1010-odd
CALIBRATE    := 1002-rough 1012-harsh 4003-odd
YEAR = bin/fleet year --seed $(firstword $(subst -, ,$(1))) --days 365 $(addprefix --nuisance infra/train/nuisance/,$(addsuffix .json,$(word 2,$(subst -, ,$(1)))))

.PHONY: models
models: build ## the models that foretell failures: simulate fleets, learn from eight, calibrate on three, judge on two more, and docs/model-card.md (an hour)
	@$(GO) run ./infra/local/setup -train
	@mkdir -p .cache/models && rm -rf .cache/models/learn-* .cache/models/calibrate* .cache/models/judge*
	$(foreach f,$(LEARN),$(call YEAR,$(f)) --instruments 1000 --null 100 --out .cache/models/learn-$(f) &&) true
	$(foreach f,$(CALIBRATE),$(call YEAR,$(f)) $(if $(filter 4003-odd,$(f)),--instruments 600 --null 120,--instruments 1000 --null 200) --out .cache/models/calibrate-$(f) &&) true
	$(call YEAR,1013) --instruments 2000 --null 400 --out .cache/models/judge
	$(call YEAR,1014-drawn) --instruments 1000 --null 200 --out .cache/models/judge-drawn
	bin/proactive train $(foreach f,$(LEARN),--fleet .cache/models/learn-$(f)) $(foreach f,$(CALIBRATE),--calibrate .cache/models/calibrate-$(f)) --out .cache/models --python .cache/train-venv/bin/python --script infra/train/train.py --json > .cache/models/trained.json
	models=$$(python3 -c 'import json; print(json.load(open(".cache/models/trained.json"))["directory"])'); \
	bin/proactive evaluate --fleet .cache/models/judge --models $$models --card docs/model-card.md; \
	bin/proactive evaluate --fleet .cache/models/judge-drawn --models $$models

.PHONY: agents
agents: ## build the agent for each system it runs on
	@for t in linux/amd64 linux/arm64 windows/amd64 windows/arm64; do \
	  os=$${t%/*}; arch=$${t#*/}; ext=; [ $$os = windows ] && ext=.exe; \
	  GOOS=$$os GOARCH=$$arch $(BUILD) -o dist/agent/agent-$$os-$$arch$$ext ./cmd/agent; done
	@ls -l dist/agent

.PHONY: demo
demo: build ## the main job, end to end, on this machine: see demo/ afterwards
	@$(GO) run ./cmd/demo

.PHONY: test
test: lint agents build ## lint, unit, property, vectors, synth, and end to end on the emulator
	@$(GO) run ./infra/local/setup
	PROACTIVE_E2E=required $(GO) test -shuffle=on -timeout 20m ./...

.PHONY: lint
lint: .cache/bin/golangci-lint ## formatting, the dependency rule, and the linters
	@test -z "$$(gofmt -l cmd docs events functions infra shared)" || { gofmt -l cmd docs events functions infra shared; echo 'run gofmt -w'; exit 1; }
	@.cache/bin/golangci-lint run ./...

.PHONY: vectors
vectors: ## regenerate vectors, golden files and generated pages; review the diff
	$(GO) test ./shared/seal ./shared/catalog/page ./shared/notice ./infra -update
	$(GO) test ./shared/receipt -run Vectors -update
	$(GO) test ./shared/pipelinetest -run Samples -update
	$(GO) test ./cmd/agent -run Docs -update
	@$(GO) run ./infra/local/setup -train
	.cache/train-venv/bin/python shared/trees/testdata/golden.py --out shared/trees/testdata
	$(GO) test ./shared/trees -run Bits -update

.PHONY: licences
licences: ## write docs/licences.md anew; review the diff
	$(GO) test ./infra/supply -run Licences -update

.PHONY: repro
repro: ## build everything twice, in two directories without a shared cache, and compare the bytes (some minutes)
	REPRO=all $(GO) test ./infra/supply -count=1 -run TwoBuilds -v -timeout 60m

.cache/bin/cyclonedx-gomod: Makefile
	@mkdir -p .cache/bin
	@GOBIN=$(CURDIR)/.cache/bin GOFLAGS=-mod=mod $(GO) install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v$(CYCLONEDX)
	@touch $@

.cache/bin/govulncheck: Makefile
	@mkdir -p .cache/bin
	@GOBIN=$(CURDIR)/.cache/bin GOFLAGS=-mod=mod $(GO) install golang.org/x/vuln/cmd/govulncheck@v$(GOVULNCHECK)
	@touch $@

.PHONY: sbom
sbom: .cache/bin/cyclonedx-gomod build agents ## a CycloneDX SBOM of each program, from the program itself, into dist/sbom/
	@mkdir -p dist/sbom
	@for p in dist/$(ARCH)/*/bootstrap dist/agent/* $(addprefix bin/,$(COMMANDS)); do \
	  n=$${p#dist/}; n=$${n%/bootstrap}; n=$${n//\//-}; \
	  .cache/bin/cyclonedx-gomod bin -json -std -noserial -notimestamp -version "$$(sha256sum < $$p | cut -c1-16)" -output dist/sbom/$$n.cdx.json $$p 2>/dev/null || { echo "sbom: $$p failed"; exit 1; }; \
	done
	@ls dist/sbom

.PHONY: vuln
vuln: .cache/bin/govulncheck ## known vulnerabilities that our code reaches; says so where the database cannot be reached
	@set +e; .cache/bin/govulncheck -db $(VULNDB) ./... > .cache/vuln.log 2>&1; code=$$?; cat .cache/vuln.log; \
	case $$code in \
	0) echo 'vuln: nothing known is reached';; \
	3) echo 'vuln: FOUND: see above'; exit 3;; \
	*) if grep -q 'fetching vulnerabilities' .cache/vuln.log; then echo 'vuln: NOT CHECKED: the database $(VULNDB) cannot be reached from here'; exit 75; fi; exit $$code;; \
	esac

.PHONY: bench
bench: build ## benchmarks (compare ratios of one run, not times); functions' cold start and CPU per batch on the emulator
	$(GO) test -run='^$$' -bench=. -benchmem ./shared/...
	$(GO) test -run='^$$' -bench='ColdStart|Batch' -benchtime=3x ./infra/rehearsal

.PHONY: bench-read
bench-read: ## reading run folders, side by side with Illumina's reader (ANCHORS=DIR, RUNS=DIR, ROUNDS=5): ratios, memory, a profile
	@ANCHORS=$(ANCHORS) RUNS=$(RUNS) ROUNDS=$(ROUNDS) ./shared/summary/sidebyside/measure.sh

.PHONY: bench-scrub
bench-scrub: ## the detector of identifiers, side by side with Presidio on a log with planted ones (ANCHORS=DIR)
	@ANCHORS=$(ANCHORS) ./shared/detector/sidebyside/measure.sh

.PHONY: attack
attack: ## guess the sequence from the numbers that leave: SEQUENCE_RUNS (1500) known runs of each chemistry, all fields together and each alone
	SEQUENCE_RUNS=$${SEQUENCE_RUNS:-1500} $(GO) test ./shared/scrub/sequence -count=1 -v -timeout 60m

.PHONY: bench-trees
bench-trees: ## scoring a row, side by side with LightGBM's own single-row call (ROUNDS=11): ratios, as JSON too
	@ROUNDS=$(ROUNDS) ./shared/trees/sidebyside/measure.sh

.PHONY: arm64
arm64: ## the tests of ARM64 as an arm64 machine runs them, under qemu-user; says so where that is not installed
	@./infra/arm64/run.sh $(ARM64)

.PHONY: bench-factors
bench-factors: ## factor analysis on FLEETS (2000) synthetic fleets of each kind: false findings, recall, coverage; report in .cache/factors/, table in docs/factors.md (half an hour of one core)
	@mkdir -p .cache/factors
	FACTORS_FLEETS=$${FLEETS:-2000} FACTORS_REPORT=$(CURDIR)/.cache/factors/drill.json FACTORS_PAGE=$(CURDIR)/docs/factors.md \
	  $(GO) test ./shared/factors -run='^TestDrill$$' -count=1 -v -timeout 180m

.PHONY: privacy
privacy: build ## PRIVACY_PLANTS identifiers in everything that carries text, through agents and the deployed stack, then searched for in all that is left; fails if one is found, report in .cache/privacy/ (half an hour)
	@$(GO) run ./infra/local/setup
	@rm -rf .cache/privacy && mkdir -p .cache/privacy
	@export PRIVACY_PLANTS=$(PRIVACY_PLANTS) PRIVACY_REPORT=$(CURDIR)/.cache/privacy PROACTIVE_E2E=required; code=0; \
	$(GO) test ./shared/scrub -count=1 -timeout 60m -run='^(TestTwoWalls|TestNothingThatShipsHasABreach)$$' || code=$$?; \
	$(GO) test ./infra/rehearsal -count=1 -timeout 60m -run='^TestPlantedIdentifiers$$' || code=$$?; \
	cat .cache/privacy/*.txt; exit $$code

.PHONY: bench-predict
bench-predict: ## prediction on public sets (DATA=DIR, ANCHORS=DIR): trains, measures, writes .cache/bench-predict.json and the table in docs/benchmarks.md
	@DATA=$(DATA) ANCHORS=$(ANCHORS) ./shared/publicsets/bench/measure.sh

.PHONY: chaos-agent
chaos-agent: ## the agent killed 500 times at any moment while runs grow and the network fails; its spool on a disk that forgets
	AGENT_KILLS=$${AGENT_KILLS:-500} $(GO) test -count=1 -v -timeout 20m -run KilledAnywhere ./cmd/agent
	AGENT_STEPS=$${AGENT_STEPS:-20000} $(GO) test -count=1 -v -run SpoolOnABadDisk ./cmd/agent/internal/courier

.PHONY: load
load: build ## the load of 25,000 instruments after an outage, on the emulator, with 5, 50 and 100 % invalid
	$(GO) test -run='^$$' -bench=Outage -benchtime=1x ./infra/rehearsal

.PHONY: erasure-drill
erasure-drill: build ## ERASURES=50 labs erased on the emulator, and everything searched for what is left of them
	PROACTIVE_E2E=required ERASURES=$${ERASURES:-50} $(GO) test ./infra/rehearsal -run='^TestErasureDrill$$' -count=1 -timeout 120m -v

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME each
	@grep -rl --include=*_test.go '^func Fuzz' shared | sort -u | while read -r f; do \
	  grep -oE '^func Fuzz[A-Za-z0-9]+' $$f | sed 's/func //' | while read -r t; do \
	    echo "$$t in $$(dirname $$f)"; $(GO) test ./$$(dirname $$f) -run='^$$' -fuzz="^$$t\$$" -fuzztime=$(FUZZTIME); done; done

.PHONY: mutate
mutate: ## faults put into PKGS that no test finds (SAMPLE=20 SEED=1 for some of them, ALSO=PKG for more tests); fails below 85 %, reports in .cache/mutation/ and docs/mutation.md; broken off, it goes on where it was
	@PRIVACY_PLANTS=100 nice -n 19 $(GO) run ./infra/mutate $(if $(SAMPLE),-sample $(SAMPLE),-page docs/mutation.md) $(if $(SEED),-seed $(SEED)) $(if $(ALSO),-also '$(ALSO)') $(PKGS)

.PHONY: chaos
chaos: ## every delivery fault 200 times and more, over CHAOS_BATCHES batches (SEED=…); report in .cache/chaos/
	CHAOS_BATCHES=$(CHAOS_BATCHES) CHAOS_REPORT=$(CURDIR)/.cache/chaos \
	  $(GO) test ./shared/pipelinetest/chaos -run='^TestChaos$$' -count=1 -timeout 30m -v

.PHONY: cover
cover: ## test coverage by package, and cover.html
	$(GO) test -coverprofile=.cache/cover.out ./shared/... ./cmd/...
	$(GO) tool cover -html=.cache/cover.out -o .cache/cover.html && echo .cache/cover.html

.PHONY: clean
clean: ## remove what was built (keeps .cache/)
	rm -rf dist bin demo
