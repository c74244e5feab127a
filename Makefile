# Keyfob. `make` alone lists the targets. Everything that a target needs and
# this machine lacks is installed first, by its own line below.
SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

TAGS    := migrated_fynedo
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# Not in SQLite, which was translated from C, nor in what draws pictures and reads fonts: that takes most of the time, and
# would be another's race. None of these may use a generic type of sync: the linker keeps one copy, perhaps theirs, which
# tells the detector nothing.
NORACE  := modernc.org/sqlite/lib modernc.org/libc image/... compress/... hash/adler32 hash/crc32 golang.org/x/image/... \
	github.com/anthonynsimon/bild/... github.com/go-text/typesetting/... github.com/srwiley/...
RACE    := -race $(foreach package,$(NORACE),-gcflags=$(package)=-race=false)
RELEASE := -buildvcs=false -trimpath -ldflags '$(LDFLAGS)'

GOLANGCI_LINT := v2.15.0
GOVULNCHECK   := v1.8.0
VULNDB        := $(firstword $(wildcard ../shared/vulndb/vulndb-*.tar.xz))

BIN := $(CURDIR)/build/bin
LINT := $(BIN)/golangci-lint-$(GOLANGCI_LINT)/golangci-lint
NODE_MODULES := e2e/clients/node_modules/.package-lock.json
VULN := $(BIN)/govulncheck-$(GOVULNCHECK)/govulncheck

.PHONY: help run build test torture fuzz check fmt demo clean install go lint generated portable vulnerabilities

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: ## install what is missing, build, open the desktop (ARGS="--server URL")
	@scripts/display.sh
	@scripts/packages.sh desktop
	@$(MAKE) --no-print-directory build/keyfob
	build/keyfob $(ARGS)

build: ## build/keyfob (the desktop) and build/keyfobd (the server on its own)
	@scripts/packages.sh build
	@$(MAKE) --no-print-directory build/keyfob build/keyfobd

# The go command knows better than make what is out of date.
.PHONY: build/keyfob build/keyfobd
build/keyfob: go
	go build $(RELEASE) -tags $(TAGS) -o $@ .
build/keyfobd: go
	CGO_ENABLED=0 go build $(RELEASE) -o $@ ./cmd/keyfobd

test: go ## every test: unit, headless screens, server, and the real program under Xvfb
	@scripts/packages.sh build test
	@$(MAKE) --no-print-directory $(NODE_MODULES)
	go test $(RACE) -tags $(TAGS) -timeout 20m ./...
	go test $(RACE) -tags 'e2e $(TAGS)' -timeout 20m -count=1 ./e2e/...

N ?= 200
MALFORMED ?= 1000000
LINES := grep -Ev '^=== |oidc_error'
torture: go ## kill the real server, the sign-in and the program, fail disk, clock and database, copy between copies: N times each (N=200), MALFORMED requests, a clipboard manager, a line for each
	@scripts/packages.sh build test manager
	go test ./e2e/torture -count=1 -timeout 0 -v -runs $(N) | $(LINES)
	KEYFOB_TORTURE_N=$(MALFORMED) go test -tags torture ./server -run MalformedRequestsNever\|ClockThatJumps -count=1 -timeout 0 -v | $(LINES)
	go test ./client/session -run '^TestKilled' -count=1 -timeout 0 -v -runs $$(( 5 * $(N) )) | $(LINES)
	go test ./server/tokens -run ExactlyWhatTheModelSays\|ExactlyWhenTheModelSays -count=1 -timeout 0 -v -rapid.checks $(N) -rapid.nofailfile
	go test -tags $(TAGS) ./ui/clipboard -run ASecondProgramsCopies -count=1 -timeout 0 -v -runs $$(( 5 * $(N) ))
	go test -tags 'e2e torture $(TAGS)' ./e2e -run WhatAClipboardManagerRecords -count=1 -v
	go test -tags 'e2e $(TAGS)' ./e2e -run TheProgramKilled -count=1 -timeout 0 -v -kills $(N) | $(LINES)

FUZZTIME ?= 20s
fuzz: go ## fuzz every parser of outside bytes for FUZZTIME (20s) each, and keep what reaches new code
	@scripts/packages.sh build test
	scripts/fuzz.sh $(FUZZTIME) $(TAGS)

check: go ## formatting, linters, portability, generated files, known vulnerabilities
	@scripts/packages.sh build
	@$(MAKE) --no-print-directory lint generated portable vulnerabilities
	@echo 'check: all is well.'

lint: $(LINT)
	$(LINT) run ./...
	go vet -tags 'bench e2e demo torture $(TAGS)' ./...

# What is generated or kept in step by hand has a test that says so.
generated:
	go mod tidy -diff
	go test -tags $(TAGS) -run 'OpenAPI|KeysInCodeAndFile|EveryText' ./server ./ui/i18n

# The server runs without C anywhere; -tags ci leaves out Fyne's drawing, which
# needs each system's own C headers.
portable:
	CGO_ENABLED=0 go build -o /dev/null ./cmd/keyfobd
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go vet -tags 'ci $(TAGS)' ./...
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go vet -tags 'ci $(TAGS)' $$(go list ./... | grep -v '^keyfob$$') # Fyne's app needs a Mac

vulnerabilities: $(VULN)
	@scripts/vulnerabilities.sh $(VULN) '$(VULNDB)' -tags $(TAGS) ./...

fmt: $(LINT) ## format the code as `make check` wants it
	$(LINT) fmt

bench: go ## the server's budgets, measured: half an hour of a quiet machine, 5 GB in build/bench (ARGS="-only create")
	@scripts/packages.sh test
	@$(MAKE) --no-print-directory build/keyfobd
	go run -tags bench ./bench $(ARGS)

demo: go ## a tour of the real program under Xvfb; pictures in build/demo/
	@scripts/packages.sh build test
	@rm -rf build/demo && mkdir -p build/demo
	DEMO=$(CURDIR)/build/demo go test -tags 'e2e demo $(TAGS)' -timeout 40m -count=1 -run '^TestDemo$$' ./e2e/
	@echo 'The pictures are in build/demo/.'

PREFIX ?= /usr/local
install: ## what `make build` built, with icon and menu entry (PREFIX, DESTDIR)
	install -Dm755 build/keyfob  $(DESTDIR)$(PREFIX)/bin/keyfob
	install -Dm755 build/keyfobd $(DESTDIR)$(PREFIX)/bin/keyfobd
	install -Dm644 assets/icon.png $(DESTDIR)$(PREFIX)/share/icons/hicolor/512x512/apps/io.github.keyfob.Keyfob.png
	install -Dm644 packaging/linux/io.github.keyfob.Keyfob.desktop -t $(DESTDIR)$(PREFIX)/share/applications
	install -Dm644 packaging/linux/io.github.keyfob.Keyfob.metainfo.xml -t $(DESTDIR)$(PREFIX)/share/metainfo
	install -Dm644 docs/operating.md docs/postgresql.md docs/proxy.md packaging/grafana/* packaging/prometheus/* -t $(DESTDIR)$(PREFIX)/share/doc/keyfob
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d
	sed 's|/usr/local|$(PREFIX)|' packaging/systemd/keyfobd.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/keyfobd.service
	install -m644 packaging/systemd/keyfobd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/keyfobd.conf

clean: ## remove build/ and what npm installed
	rm -rf build e2e/clients/node_modules

go:
	@command -v go >/dev/null || { echo 'Keyfob is built with Go 1.26 or newer, and there is no go command in PATH: install Go and try again.' >&2; exit 1; }

$(LINT):
	@echo 'Building golangci-lint $(GOLANGCI_LINT), once; this takes some minutes.'
	GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
$(NODE_MODULES): e2e/clients/package-lock.json
	cd e2e/clients && npm ci --loglevel=error
	@touch $@
$(VULN):
	GOBIN=$(@D) go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK)
