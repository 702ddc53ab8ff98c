# The fonts of printed documents: Noto Sans CJK SC reduced to what people write, without
# the shared subroutines that make cairo embed a whole megabyte.  Once, about 30 s.
NOTO	:= /usr/share/fonts/opentype/noto
FONTS	:= $(B)/fonts/Regular.otf $(B)/fonts/Bold.otf
$(B)/fonts/%.otf: $(NOTO)/NotoSansCJK-%.ttc
	@mkdir -p $(@D)
	@echo "  FONT $@"
	@$(PYTHON) -m fontTools.subset $< --font-number=2 --output-file=$@ --desubroutinize \
	    --no-hinting --layout-features='' --name-IDs='*' \
	    --unicodes=U+0020-007E,U+00A0-00FF,U+2010-2027,U+2030,U+203B,U+2103,U+2160-217F,U+2460-2473,U+2500-257F,U+25A0-25CF,U+2605,U+2606,U+2610-2612,U+3000-303F,U+3400-4DBF,U+4E00-9FFF,U+FF00-FFEF

# Rare characters of names fall back on the whole serif face.
$(B)/fonts/fonts.conf: $(FONTS) tools/fonts.mk
	@{ echo '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'; \
	  echo '<dir>$(abspath $(B)/fonts)</dir><dir>/usr/share/fonts/truetype/dejavu</dir>'; \
	  echo '<dir>$(NOTO)</dir><cachedir>$(abspath $(B)/fonts/cache)</cachedir>'; \
	  echo '<selectfont><rejectfont><glob>$(NOTO)/NotoSans*</glob></rejectfont></selectfont>'; \
	  echo '</fontconfig>'; } > $@.new
	@FONTCONFIG_FILE=$(abspath $@.new) fc-cache $(abspath $(B)/fonts) $(NOTO) /usr/share/fonts/truetype/dejavu >/dev/null 2>&1 || true # a cache only saves time
	@mv $@.new $@
.PHONY: fonts
fonts: $(B)/fonts/fonts.conf
