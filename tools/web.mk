# Templates and assets, built into the web floor.
WEB_FILES := $(shell find src/web/html src/web/assets -type f 2>/dev/null)
OBJECTS_web += $(B)/obj/web/embedded.o
$(B)/gen/web/embedded.c: $(WEB_FILES) tools/embed.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/embed.py src/web > $@.new && mv $@.new $@
$(B)/obj/web/embedded.o: $(B)/gen/web/embedded.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c $< -o $@
