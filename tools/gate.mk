# The gate's conformance tests talk to the sandbox as a process of its own.
$(B)/unit_gate: | $(B)/yinxin-sandbox
