# The two commands that matter are `make run` and `make test`; the others are parts of them or for the cloud.
# Needs Rust, Python 3.11 or later and Node 20 or later; everything else is installed into .local/.

CUSTOMERS ?= 2000
DATA ?=
ONCE ?=
STAGE ?= dev
STACK ?= vouchers
ARCHITECTURE ?= arm64
SENDER ?=
PARAMETERS ?=
CONSOLE ?=
CONSOLE_PARAMETERS ?=
COUNTRIES ?=
MESSAGES ?=
CHANNELS ?=
JSON ?=
DRILL ?=
AT ?=
DEPLOY ?=
CLOUD ?=
TESTS ?=
ONLY ?=
QUICK ?=
KEEP ?=
SEEDS ?= 10000
START ?= 0
REPLAY ?=
DAYS ?=
GUARD ?=
DRY ?=
SMS ?=
SECRET ?=
ORDERS ?=
VOUCHERS ?=
WORLDS ?= 2000

PYTHON ?= python3
LOCAL := $(PYTHON) infra/local/stack.py
DEPLOYMENT = --architecture $(ARCHITECTURE) --stage "$(STAGE)" --name "$(STACK)" --sender "$(SENDER)" --parameters "$(PARAMETERS)" --console-parameters "$(CONSOLE_PARAMETERS)" $(if $(filter 0,$(CONSOLE)),--no-console)

.DEFAULT_GOAL := help
.PHONY: help run stop clean status up later console screenshots message-pictures test bench calibrate cost simulate mutate-guards measure-style openapi package check-deploy deploy destroy preflight restore-drill replay-stream aws-smoke rotate-secret rotation-drill test-dynamodb-local test-localstack

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## the whole life of a voucher on this machine (CUSTOMERS=2000, DATA=folder of your own, ONCE=1 stops afterwards)
	@$(LOCAL) run --customers $(CUSTOMERS) $(if $(DATA),--data $(DATA)) $(if $(filter 1,$(ONCE)),--once)

up: ## only start and deploy, without the demo
	@$(LOCAL) up

later: ## the local stack's time, and DAYS=1 (or a part) to move it on: what waits for its day happens
	@$(PYTHON) infra/local/demo/clock.py $(if $(DAYS),--days $(DAYS))

console: ## build the admin console into console/dist, which `make run` serves
	@$(LOCAL) console

screenshots: ## every page of the console as a picture, light, dark, narrow and right to left, of the stack that is up; all of them renew the README's (LOOKS=light,rtl PAGES=promotions)
	@SHOTS=$(CURDIR)/console/screenshots $(if $(LOOKS),LOOKS=$(LOOKS)) $(if $(PAGES),PAGES=$(PAGES)) CHROMIUM=$$($(PYTHON) infra/local/browser.py) npm run --silent --prefix console e2e -- screenshots
	@$(if $(LOOKS)$(PAGES),,cd console/screenshots && cp promotion-light.png $(CURDIR)/docs/images/console-promotion.png && cp promotion-rtl.png $(CURDIR)/docs/images/console-promotion-rtl.png && cp wizard-audience-light.png $(CURDIR)/docs/images/console-audience.png)

message-pictures: ## the sample messages in every language as pictures, phone and mail, light and dark (docs/images)
	@$(PYTHON) tests/pictures/messages.py

stop: ## stop what run started; what it knows is kept
	@$(LOCAL) down

status: ## what is running, with the process of each function
	@$(LOCAL) status

clean: ## stop, and forget what the local stacks knew (the installed tools and target/ stay)
	@$(LOCAL) clean

test: ## formatting, lints, templates, unit, contract and whole-system tests (TESTS=name for some of the last)
	@$(PYTHON) infra/local/check.py $(TESTS)

bench: ## the numbers of the README; writes target/bench.json (ONLY=rule,autopilot,scale,start,issue,deliver,checkout,redeem,cost,reports; QUICK=1 to try it, KEEP=1 to make them the figures that later runs are compared with)
	@$(PYTHON) benches/bench.py $(if $(ONLY),--only $(ONLY)) $(if $(filter 1,$(QUICK)),--quick --profile local) $(if $(filter 1,$(KEEP)),--keep)

calibrate: ## the statistics of experiments on simulated campaigns; writes target/calibrate.json (WORLDS=2000)
	@mkdir -p target && cargo run --profile local --quiet -p calibration -- $(WORLDS) target/calibrate.json

cost: ## the month's bill of a marketplace (CUSTOMERS=10000000 ORDERS=30000000 VOUCHERS=10000000; WALLET_READS, CHECKOUTS, CARTS, EVENTS, STORED, PUSH, EMAIL, SMS as well)
	@$(PYTHON) benches/cost.py $(if $(filter-out file,$(origin CUSTOMERS)),--customers "$(CUSTOMERS)") $(if $(ORDERS),--orders "$(ORDERS)") $(if $(VOUCHERS),--vouchers "$(VOUCHERS)") $(foreach name,wallet-reads=WALLET_READS checkouts=CHECKOUTS carts=CARTS events=EVENTS stored=STORED push=PUSH email=EMAIL sms=SMS,$(if $($(lastword $(subst =, ,$(name)))),--$(firstword $(subst =, ,$(name))) "$($(lastword $(subst =, ,$(name))))"))

simulate: ## the real functions under crashes, repeats and delays, one world a seed (SEEDS=10000 START=0; REPLAY=seed for one with its story; PEOPLE=200 for larger worlds)
	@cargo build --profile local --workspace --bin simulate --quiet
	@target/local/simulate $(if $(PEOPLE),--customers $(PEOPLE)) $(if $(REPLAY),--replay $(REPLAY),--seeds $(SEEDS) --start $(START)) $(if $(REPLAY)$(PEOPLE),,--figures target/bench.json)

mutate-guards: ## switch off each guard in turn and see that the simulator notices; writes the table of docs/proof.md (GUARD=name for one)
	@$(PYTHON) tests/simulator/mutate.py $(if $(GUARD),--only "$(GUARD)")

measure-style: ## the language of the code in figures: fragment comments, one-word types, long lines
	@cargo test --profile local --quiet -p system-tests --test tidy -- --nocapture the_code_speaks | grep -E ' of |defined'

openapi: ## rewrite docs/api/openapi.json from the Rust types
	@UPDATE_OPENAPI=1 cargo test --workspace --test openapi --profile local --quiet

package: ## the binary for the cloud, cross-compiled (ARCHITECTURE=arm64 or x86_64)
	@$(PYTHON) infra/cloud.py package --architecture $(ARCHITECTURE)

check-deploy: # before minutes of building, and again by `deploy`
	@$(PYTHON) infra/cloud.py check $(DEPLOYMENT)

deploy: check-deploy package ## to AWS with its console, with the credentials of this shell (STAGE, STACK, ARCHITECTURE, SENDER=verified address, PARAMETERS='Name=value ...', CONSOLE_PARAMETERS, CONSOLE=0 without it); asks before it changes anything
	@$(PYTHON) infra/cloud.py deploy $(DEPLOYMENT)

destroy: ## deletes the stacks of STACK on AWS; their data stays for the next `make deploy`, unless DATA=delete; asks for the stack's name
	@$(PYTHON) infra/cloud.py destroy --name "$(STACK)" $(if $(filter delete,$(DATA)),--data)

preflight: ## is the account ready? What it refuses, its limits, and a ramp (STAGE, STACK, SENDER, COUNTRIES=ES,PT, MESSAGES=size of the first campaign, CHANNELS=email,sms,push, JSON=1); changes nothing, but with STORE=1 tells the stack, which refuses larger launches while something is red
	@$(PYTHON) infra/preflight --stage "$(STAGE)" --stack "$(STACK)" --sender "$(SENDER)" --countries "$(COUNTRIES)" $(if $(MESSAGES),--messages "$(MESSAGES)") $(if $(CHANNELS),--channels "$(CHANNELS)") $(if $(filter 1,$(JSON)),--json) $(if $(filter 1,$(STORE)),--store)

restore-drill: ## restores the tables of STACK into a second stack, checks them, tells the times and destroys it (DRILL=its name, AT=2026-11-30T07:00:00Z, DEPLOY=1 with functions, KEEP=1 stays, CLOUD=local on this machine)
	@$(PYTHON) infra/restore_drill.py --stack "$(STACK)" $(if $(DRILL),--drill "$(DRILL)") $(if $(AT),--at "$(AT)") $(if $(filter 1,$(DEPLOY)),--deploy) $(if $(filter 1,$(KEEP)),--keep) $(if $(filter local,$(CLOUD)),--local) $(if $(filter 1,$(JSON)),--json)

replay-stream: ## feeds the stream's batches again that Lambda gave up on after 23 hours, from their bucket (STACK, DRY=1 only lists, CLOUD=local on this machine)
	@$(PYTHON) infra/replay_stream.py --stack "$(STACK)" $(if $(filter 1,$(DRY)),--dry-run) $(if $(filter local,$(CLOUD)),--local)

aws-smoke: $(if $(filter local,$(CLOUD)),,package) ## a real account: deploys a stack of its own, 50 customers to the mailbox simulator, checks what comes back, destroys it; costs cents and asks (SENDER, SMS=FR two SMS to the simulator, KEEP=1; CLOUD=local on this machine)
	@$(PYTHON) infra/aws_smoke.py $(if $(filter local,$(CLOUD)),--local,--sender "$(SENDER)" --architecture $(ARCHITECTURE)) $(if $(SMS),--sms "$(SMS)") $(if $(filter 1,$(KEEP)),--keep)

rotate-secret: ## gives a secret of STACK a new value, and nothing is refused meanwhile (SECRET=cursor, links, signing or addresses; CLOUD=local on this machine)
	@$(PYTHON) infra/rotate_secret.py "$(SECRET)" $(if $(filter local,$(CLOUD)),--local,--name "$(STACK)")

rotation-drill: ## rotates all secrets of the local stack that is up while it is used, and shows that nothing is refused (four minutes)
	@$(PYTHON) infra/rotation_drill.py

test-dynamodb-local: ## the store's contract tests on AWS's own engine (DYNAMODB_LOCAL=folder with it, ACCEPT_DYNAMODB_LOCAL_LICENSE=yes if you do); no part of `make test`
	@DYNAMODB_LOCAL="$(DYNAMODB_LOCAL)" ACCEPT_DYNAMODB_LOCAL_LICENSE="$(ACCEPT_DYNAMODB_LOCAL_LICENSE)" $(PYTHON) infra/local/dynamodb_local.py

test-localstack: ## the adapters of queues and the feedback topic on LocalStack's open edition, without Docker (needs Python 3.12 or 3.13); no part of `make test`
	@$(PYTHON) infra/local/localstack_oracle.py
