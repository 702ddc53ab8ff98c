# Yinxin.  `make` builds, `make demo` shows it, `make test` proves it.  See README.md.
#
# A source file is found by its folder: adding one changes no list.  Each floor of src/
# becomes one archive; a program links the floors it stands on, upper ones first.

B	?= build
CC	?= gcc
PYTHON	?= /usr/bin/python3
CFLAGS	?= -O2 -g
WARN	:= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	   -Wcast-qual -Wwrite-strings -Wformat=2 -Werror=implicit-function-declaration
PKGS	:= libuv libssl libcrypto sqlite3 libpq jansson yaml-0.1 libcurl libsodium libseccomp \
	   libqrencode libarchive ldap lber cairo pangocairo libpng zlib libturbojpeg fontconfig \
	   p11-kit-1 libgfshare
HARDEN	:= -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC
ifdef DEV
CFLAGS	:= -O1 -g -Werror -Wno-format-truncation -fsanitize=address,undefined -fno-omit-frame-pointer
HARDEN	:= -fPIC
LDFLAGS	+= -fsanitize=address,undefined
endif
ALL_CFLAGS = -std=gnu17 $(WARN) $(HARDEN) $(CFLAGS) -Isrc -I$(B)/gen \
	   $(shell pkg-config --cflags $(PKGS)) -MMD -MP

# Floors, lowest first; includes go downward only (tools/check_style.py reads this list).
FLOORS	:= base ipc store http jose pki seal journal token doc kmc signer va enrol gate hall web cli

.DEFAULT_GOAL := all

lib	= $(B)/lib$(1).a
srcs	= $(sort $(wildcard src/$(1)/*.c src/$(1)/*/*.c))
objs	= $(patsubst src/%.c,$(B)/obj/%.o,$(call srcs,$(1)))
# floors up to and with $(1)
upto	= $(shell for f in $(FLOORS); do echo $$f; [ $$f = $(1) ] && break; done)
# link group of the floors named in $(1)
group	= -Wl,--start-group $(foreach f,$(1),$(call lib,$(f))) -Wl,--end-group
LIBS	= $(shell pkg-config --libs $(PKGS)) -lpthread -ldl -lm

# tools/*.mk hold rules of their own; their prerequisites are made of the above
include $(wildcard tools/*.mk)

PROGRAMS := yinxin yinxin-assistant yinxin-sandbox
.PHONY: all
all: $(addprefix $(B)/,$(PROGRAMS)) $(B)/libyinxin_skf.so $(B)/libyinxin_sdf.so

$(B)/obj/%.o: src/%.c | $(GENERATED)
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(ALL_CFLAGS) -c $< -o $@

define floor_rule
$(call lib,$(1)): $(call objs,$(1)) $(OBJECTS_$(1))
	@rm -f $$@
	@$(AR) rcs $$@ $$^
endef
$(foreach f,$(FLOORS),$(eval $(call floor_rule,$(f))))

# src/main/<program>.c and src/main/<program>_*.c are the executables.
$(B)/yinxin: $(patsubst src/%.c,$(B)/obj/%.o,$(sort $(wildcard src/main/yinxin.c src/main/yinxin_*.c))) $(foreach f,$(FLOORS),$(call lib,$(f)))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(FLOORS)) $(LIBS)

ASSISTANT_FLOORS := base ipc store http pki seal token
$(B)/yinxin-assistant: $(patsubst src/%.c,$(B)/obj/%.o,$(sort $(wildcard src/main/assistant.c src/main/assistant_*.c))) $(foreach f,$(ASSISTANT_FLOORS),$(call lib,$(f)))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(ASSISTANT_FLOORS)) $(LIBS)

# The outside world for development, beside the house: nothing of ours includes it.
SANDBOX_FLOORS := base ipc store http
$(B)/yinxin-sandbox: $(call objs,sandbox) $(foreach f,$(SANDBOX_FLOORS),$(call lib,$(f)))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(call group,$(SANDBOX_FLOORS)) $(LIBS)

# The software UKey: the SKF functions of src/token/softkey*.c, nothing else exported.
$(B)/libyinxin_skf.so: $(foreach f,token store pki base,$(call lib,$(f)))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -shared -o $@ -Wl,--version-script=src/token/skf.map \
	    $(patsubst src/%.c,$(B)/obj/%.o,$(wildcard src/token/softkey*.c) src/token/unlock.c) \
	    $(call group,store pki base) -lcrypto -ljansson -lpthread

# The software device of GM/T 0018: src/token/softsdf.c.
$(B)/libyinxin_sdf.so: $(foreach f,token pki base,$(call lib,$(f)))
	@echo "  LD $@"
	@$(CC) $(LDFLAGS) -shared -o $@ -Wl,--version-script=src/token/sdf.map \
	    $(B)/obj/token/softsdf.o $(call group,pki base) $(LIBS)

# Unit tests: tests/unit/<floor>/*.c make one program per floor, which links only the
# floors at or below its own.  Functions test_<noun>__<case> are found by name.
UNITS	:= $(notdir $(patsubst %/,%,$(dir $(wildcard tests/unit/*/*.c))))
UNITS	:= $(sort $(UNITS))
define unit_rule
$(B)/gen/unit_$(1).c: $(wildcard tests/unit/$(1)/*.c) tools/unit_main.py
	@mkdir -p $$(@D)
	@$(PYTHON) tools/unit_main.py $$(filter %.c,$$^) > $$@
$(B)/unit_$(1): $(B)/gen/unit_$(1).c $(wildcard tests/unit/$(1)/*.c tests/unit/*.h) $(foreach f,$(call upto,$(1)),$(call lib,$(f)))
	@echo "  LD $$@"
	@$(CC) $$(filter-out -MMD -MP -Wmissing-prototypes,$$(ALL_CFLAGS)) -Itests/unit $(LDFLAGS) -o $$@ $$(filter %.c,$$^) \
	    $$(call group,$(call upto,$(1))) $$(LIBS) -lcmocka
.PHONY: unit-$(1)
unit-$(1): $(B)/unit_$(1)
	$(B)/unit_$(1)
endef
$(foreach u,$(UNITS),$(eval $(call unit_rule,$(u))))

# Installed layout: PREFIX/bin, PREFIX/lib, PREFIX/share/yinxin/{halls,profiles,fonts}.
PREFIX	?= /usr/local
.PHONY: install
install: all fonts
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/share/yinxin/fonts
	install -m 755 $(addprefix $(B)/,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(B)/libyinxin_skf.so $(B)/libyinxin_sdf.so $(DESTDIR)$(PREFIX)/lib
	cp -r halls profiles $(DESTDIR)$(PREFIX)/share/yinxin/
	install -m 644 $(FONTS) $(DESTDIR)$(PREFIX)/share/yinxin/fonts
	sed 's|$(abspath $(B)/fonts)|$(abspath $(PREFIX)/share/yinxin/fonts)|g' $(B)/fonts/fonts.conf \
	    > $(DESTDIR)$(PREFIX)/share/yinxin/fonts/fonts.conf
	-@FONTCONFIG_FILE=$(DESTDIR)$(PREFIX)/share/yinxin/fonts/fonts.conf fc-cache >/dev/null 2>&1

# The newcomer's commands.
.PHONY: demo demo-walk demo-stop test check-style
demo:
	@tools/setup build
	@$(MAKE) --no-print-directory -j2 all fonts
	@$(PYTHON) tools/demo.py up --walk
demo-walk:
	@tools/setup build
	@$(MAKE) --no-print-directory -j2 all fonts
	@$(PYTHON) tools/demo.py walk
demo-stop:
	@$(PYTHON) tools/demo.py stop
test:
	@tools/setup build test
	@$(PYTHON) tools/test.py
check-style:
	@$(PYTHON) tools/check_style.py
	@$(PYTHON) tools/states.py --check

.PHONY: unit unit-programs check-headers clean
unit-programs: $(addprefix $(B)/unit_,$(UNITS))

# Each header compiles alone.
HEADERS	:= $(shell find src -name '*.h' | sort)
check-headers: | $(GENERATED)
	@bad=0; n=0; for h in $(HEADERS); do n=$$((n+1)); \
	    printf '#include "base/base.h"\n#include "%s"\n' $${h#src/} | \
	    $(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) -fsyntax-only -x c - || { echo "$$h"; bad=$$((bad+1)); }; \
	done; echo "$$n headers, $$bad do not compile alone"; [ $$bad = 0 ]

unit: $(addprefix unit-,$(UNITS))

clean:
	rm -rf $(B)

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
