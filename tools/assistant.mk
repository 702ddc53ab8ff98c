# The assistant's own page, built in.
ASSISTANT_FILES := $(wildcard src/token/assets/*)
OBJECTS_token += $(B)/obj/token/assistant_embedded.o
$(B)/gen/token/assistant_embedded.c: $(ASSISTANT_FILES) tools/embed_assistant.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/embed_assistant.py src/token/assets > $@.new && mv $@.new $@
$(B)/obj/token/assistant_embedded.o: $(B)/gen/token/assistant_embedded.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c $< -o $@

# What speaks with SKF libraries, once more for those whose ULONG has 64 bits.
WIDE	:= -DSKF_ULONG=uint64_t
$(B)/obj/token/card.o: ALL_CFLAGS += -DCARD_OPS=card_ops_32
OBJECTS_token += $(B)/obj/token/wide/card.o
$(B)/obj/token/wide/card.o: src/token/card.c
	@mkdir -p $(@D)
	@echo "  CC $< (64)"
	@$(CC) $(ALL_CFLAGS) $(WIDE) -DCARD_OPS=card_ops_64 -c $< -o $@

# The software UKey as such a library; only the tests load it.
WIDE_OBJECTS := $(patsubst src/token/%.c,$(B)/obj/token/wide/%.o,$(wildcard src/token/softkey*.c) src/token/unlock.c)
$(filter-out $(B)/obj/token/wide/card.o,$(WIDE_OBJECTS)): $(B)/obj/token/wide/%.o: src/token/%.c
	@mkdir -p $(@D)
	@echo "  CC $< (64)"
	@$(CC) $(ALL_CFLAGS) $(WIDE) -c $< -o $@
$(B)/libwide_skf.so: $(WIDE_OBJECTS) $(foreach f,store pki base,$(B)/lib$(f).a)
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -shared -o $@ -Wl,--version-script=src/token/skf.map $(WIDE_OBJECTS) \
	    -Wl,--start-group $(foreach f,store pki base,$(B)/lib$(f).a) -Wl,--end-group \
	    -lcrypto -ljansson -lpthread
unit-programs unit-token: $(addprefix $(B)/,libyinxin_skf.so libwide_skf.so libyinxin_sdf.so)
unit-token: export YINXIN_SKF = $(B)/libyinxin_skf.so
