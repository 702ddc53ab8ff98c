# Writes certificates and their kin for tests/interop/run, and reads what others wrote.
$(B)/interop_make: tests/interop/make.c $(B)/libseal.a $(B)/libpki.a $(B)/libbase.a
	@echo "  LD $@"
	@$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) $(LDFLAGS) -o $@ $< $(B)/libseal.a $(B)/libpki.a $(B)/libbase.a $(LIBS)
