# Benchmarks: ratios against a peer or a limit, in one run, on loopback.
$(B)/bench_issue: bench/bench_issue.c $(foreach f,$(call upto,va),$(call lib,$(f))) | all
	@echo "  LD $@"
	@$(CC) $(filter-out -MMD -MP -Wmissing-prototypes,$(ALL_CFLAGS)) -o $@ $< \
	    -Wl,--wrap=journal_add \
	    $(call group,$(call upto,va)) $(LIBS)
.PHONY: bench
bench:
	@tools/setup build test bench
	@$(MAKE) --no-print-directory -j2 all fonts $(B)/bench_issue
	@$(PYTHON) bench/bench.py
# All of it in one run.
.PHONY: bench-all
bench-all: bench
	@$(PYTHON) bench/ocsp.py
	@$(PYTHON) bench/large.py
.PHONY: bench-large
bench-large:
	@tools/setup build test bench
	@$(MAKE) --no-print-directory -j2 all fonts
	@$(PYTHON) bench/large.py
.PHONY: bench-ocsp
bench-ocsp:
	@tools/setup build test bench
	@$(MAKE) --no-print-directory -j2 all fonts
	@$(PYTHON) bench/ocsp.py
