# The certificate profiles that are built in: profiles/default.yaml as a string.
OBJECTS_pki += $(B)/obj/pki/profile_builtin.o
$(B)/gen/pki/profile_builtin.c: profiles/default.yaml tools/profiles.py
	@mkdir -p $(@D)
	@$(PYTHON) tools/profiles.py $< > $@.new && mv $@.new $@
$(B)/obj/pki/profile_builtin.o: $(B)/gen/pki/profile_builtin.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c $< -o $@
