# make proof: PROOF_ROUNDS kills of signer, kmc and va under load, on each engine; `make test` does a few.
PROOF_ROUNDS	?= 200
$(B)/issuers: tests/proof/issuers.c $(foreach f,$(call upto,signer),$(call lib,$(f)))
	@echo "  LD $@"
	@$(CC) $(filter-out -MMD -MP -Wmissing-prototypes,$(ALL_CFLAGS)) $(LDFLAGS) -o $@ $< \
	    $(call group,$(call upto,signer)) $(LIBS)

.PHONY: proof
proof: all fonts $(B)/issuers
	@YINXIN_PROOF_ROUNDS=$(PROOF_ROUNDS) $(PYTHON) tests/flow/run.py sqlite test_killed_under_load
	@YINXIN_PROOF_ROUNDS=$(PROOF_ROUNDS) $(PYTHON) tests/flow/run.py postgresql test_killed_under_load
