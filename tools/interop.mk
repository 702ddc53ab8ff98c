# Writes certificates and their kin for tests/interop/run, and reads what others wrote.
$(B)/interop_make: tests/interop/make.c $(B)/libpki.a $(B)/libbase.a
	@echo "  LD $@"
	@$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) $(LDFLAGS) -o $@ $< $(B)/libpki.a $(B)/libbase.a $(LIBS)
