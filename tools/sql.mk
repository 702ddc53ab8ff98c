# The closed list of SQL: src/store/sql and src/store/migrations as C.
SQL_FILES := $(wildcard src/store/sql/*.sql src/store/migrations/*/*.sql) tools/sql.py
GENERATED += $(B)/gen/store/sql.h
OBJECTS_store += $(B)/obj/store/sql_table.o
$(B)/gen/store/sql.h: $(SQL_FILES)
	@mkdir -p $(@D)
	@$(PYTHON) tools/sql.py header > $@.new && mv $@.new $@
$(B)/gen/store/sql_table.c: $(SQL_FILES)
	@mkdir -p $(@D)
	@$(PYTHON) tools/sql.py table > $@.new && mv $@.new $@
$(B)/obj/store/sql_table.o: $(B)/gen/store/sql_table.c $(B)/gen/store/sql.h
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -c $< -o $@
