#include "base/base.h"
#include "base/conf.h"
#include "base/sandbox.h"
#include "base/str.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* What nobody here needs, by name: a kernel that lacks one needs no rule for it. */
static const char *const sandbox_refused[] = {
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
	"kcmp", "pidfd_getfd", "mount", "umount2", "pivot_root", "chroot", "mount_setattr",
	"move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "unshare", "setns",
	"kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "init_module",
	"finit_module", "delete_module", "bpf", "perf_event_open", "userfaultfd", "keyctl",
	"add_key", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"open_by_handle_at", "personality", "acct", "quotactl", "settimeofday", "clock_settime",
	"sethostname", "setdomainname", "iopl", "ioperm", "syslog",
	"vhangup", "mknod", "mknodat",
};

/* The clock's discipline, which the va may read; setting it needs a right it has not. */
static const char *const sandbox_clock[] = {"adjtimex", "clock_adjtime"};

static bool
sandbox_has_network(enum sandbox_kind kind)
{
	switch (kind) {
	case SANDBOX_WEB:
	case SANDBOX_VA:
	case SANDBOX_GATE:
	case SANDBOX_ENROL:
		return true;
	case SANDBOX_SIGNER:
		return str_has_prefix(conf_str("store.ca"), "postgres");
	case SANDBOX_KMC:
		return str_has_prefix(conf_str("store.kmc"), "postgres");
	case SANDBOX_DOC:
		return false;
	}
	return false;
}

/* 0, or minus an errno as libseccomp gives it. */
static int
sandbox_refuse(scmp_filter_ctx filter, const char *const *names, size_t n)
{
	int	 rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		int	 nr = seccomp_syscall_resolve_name(names[i]);

		if (nr != __NR_SCMP_ERROR && nr >= 0)
			rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), nr, 0);
	}
	return rc;
}

static int
sandbox_rules(scmp_filter_ctx filter, enum sandbox_kind kind)
{
	bool	 network = sandbox_has_network(kind);
	int	 rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (rc == 0)
		rc = sandbox_refuse(filter, sandbox_refused, ARRAY_LEN(sandbox_refused));
	if (rc == 0 && kind != SANDBOX_VA)
		rc = sandbox_refuse(filter, sandbox_clock, ARRAY_LEN(sandbox_clock));
	if (rc == 0 && !network)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
		    SCMP_A0_32(SCMP_CMP_NE, AF_UNIX));
	return rc;
}

static int
sandbox_filter(enum sandbox_kind kind, struct err *err)
{
	scmp_filter_ctx	 filter = seccomp_init(SCMP_ACT_ALLOW);
	int		 rc;

	if (filter == NULL)
		return err_set(err, ERR_BUG, "no memory for the sandbox");
	rc = sandbox_rules(filter, kind);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	if (rc < 0)
		return err_set(err, ERR_BUG, "the kernel refuses the sandbox: %s",
		    strerror(-rc));
	return 0;
}

int
sandbox_enter(enum sandbox_kind kind, struct err *err)
{
	const struct rlimit	 none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(err, ERR_BUG, "cannot enter the sandbox");
	return sandbox_filter(kind, err);
}
