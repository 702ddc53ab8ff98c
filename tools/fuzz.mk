# make fuzz: every tests/fuzz/fuzz_<x>.c for FUZZ_RUNS inputs, from tests/fuzz/corpus/<x>/.
# One at greater length: make fuzz FUZZ="http_head" FUZZ_RUNS=5000000.  What kills a target is
# left in $(B)/fuzz/<x>.found/.
FUZZ_CC		?= clang-14
FUZZ_RUNS	?= 20000
FUZZ		?= $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
# The floors that read what strangers send; of web the templates, of hall the lists of persons.
FUZZ_FLOORS	:= base ipc store http jose pki seal journal token doc kmc signer va enrol gate
FUZZ_SRCS	:= $(sort $(foreach f,$(FUZZ_FLOORS),$(wildcard src/$(f)/*.c src/$(f)/*/*.c)) \
		   $(wildcard src/web/mustache*.c) src/hall/payment/batch_list.c)
FUZZ_OBJS	:= $(patsubst src/%.c,$(B)/fuzz/obj/%.o,$(FUZZ_SRCS))
FUZZ_MADE	:= $(B)/obj/store/sql_table.o $(B)/obj/pki/profile_builtin.o
FUZZ_CFLAGS	= -std=gnu17 -O1 -g -fno-omit-frame-pointer -Isrc -I$(B)/gen \
		  $(shell pkg-config --cflags $(PKGS)) -MMD -MP

$(B)/fuzz/obj/%.o: src/%.c | $(B)/gen/store/sql.h
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -c $< -o $@

$(B)/fuzz/all.a: $(FUZZ_OBJS) $(FUZZ_MADE)
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(B)/fuzz/all.a
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	    -o $@ $< $(B)/fuzz/all.a $(LIBS)

# The corpus is copied, for libFuzzer adds to it.
.PHONY: fuzz
fuzz: $(foreach x,$(FUZZ),$(B)/fuzz/fuzz_$(x))
	@passed=0; failed=0; \
	for x in $(FUZZ); do \
	    d=$(B)/fuzz/$$x; rm -rf $$d.corpus; mkdir -p $$d.corpus $$d.found; \
	    cp tests/fuzz/corpus/$$x/* $$d.corpus/ 2>/dev/null; \
	    if $(B)/fuzz/fuzz_$$x -runs=$(FUZZ_RUNS) -max_len=65536 -timeout=20 -rss_limit_mb=2048 \
	        -artifact_prefix=$$d.found/ $$d.corpus > $$d.log 2>&1; \
	    then passed=$$((passed+1)); echo "fuzz $$x: ok, $(FUZZ_RUNS) runs"; \
	    else failed=$$((failed+1)); echo "fuzz $$x: FAILED"; tail -n 25 $$d.log; fi; \
	done; echo "$$passed passed, $$failed failed"; [ $$failed = 0 ]

-include $(shell find $(B)/fuzz -name '*.d' 2>/dev/null)
