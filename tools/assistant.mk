# The assistant's own page, built in.
ASSISTANT_FILES := $(wildcard src/token/assets/*)
OBJECTS_token += $(B)/obj/token/assistant_embedded.o
$(B)/gen/token/assistant_embedded.c: $(ASSISTANT_FILES) tools/embed_assistant.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/embed_assistant.py src/token/assets > $@.new && mv $@.new $@
$(B)/obj/token/assistant_embedded.o: $(B)/gen/token/assistant_embedded.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c $< -o $@
