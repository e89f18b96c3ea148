// Linux calls that Swift cannot make by itself: `fork` is unavailable to it, `prctl` and `syscall` are
// variadic, the wait-status tests are macros, and `flock` is also the name of a struct.
//
// _GNU_SOURCE must not be defined here: it changes the layout of types that other modules have
// imported without it. The few calls that need it are made by number.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// Newer than some kernel headers; the numbers are part of the kernel's stable interface.
#define HB_CLOSE_RANGE_CLOEXEC (1U << 2)
// What a child may be given beside its output.
#define HB_MOST_DESCRIPTORS 4

/// What to run. All strings are NUL-terminated and live until hb_spawn returns.
typedef struct hb_spawn_request {
    const char *path;         // of the executable; not searched for
    char *const *arguments;   // the first is the program's own name; ends with NULL
    char *const *environment; // ends with NULL
    const char *directory;    // to run in; NULL: the caller's
    const char *output;       // file that stdout and stderr are appended to; NULL: /dev/null
    const int *descriptors;   // of the caller, 3, 4, … in the child
    int descriptor_count;     // at most HB_MOST_DESCRIPTORS
} hb_spawn_request;

/// The child's side of hb_spawn, between fork and exec: async-signal-safe calls only. It returns only
/// on failure, with errno set.
static inline void hb_become(const hb_spawn_request *request, pid_t parent) {
    // Ignored signals and the mask survive exec; a child of ours starts as if from a shell.
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &act, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    if (setpgid(0, 0) != 0) return;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
    // The parent may have died before the line above: then nobody will send the signal.
    if (getppid() != parent) _exit(127);

    int input = open("/dev/null", O_RDONLY);
    int output = open(
        request->output ? request->output : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (input < 0 || output < 0) return;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return;
    if (request->directory && chdir(request->directory) != 0) return;
    // First out of the way, then into their places: one's place may be where another one is.
    int moved[HB_MOST_DESCRIPTORS];
    for (int i = 0; i < request->descriptor_count; i++) {
        moved[i] = fcntl(request->descriptors[i], F_DUPFD_CLOEXEC, 3 + HB_MOST_DESCRIPTORS);
        if (moved[i] < 0) return;
    }
    for (int i = 0; i < request->descriptor_count; i++) {
        if (dup2(moved[i], 3 + i) < 0) return;
    }
    // Sockets and locks of the parent must not live on in the child, whoever opened them and however.
    // Kernels before 5.11 refuse this; what we open ourselves is close-on-exec anyway.
    syscall(SYS_close_range, 3U + (unsigned)request->descriptor_count, ~0U, HB_CLOSE_RANGE_CLOEXEC);
    execve(request->path, request->arguments, request->environment);
}

/// Starts a program in a process group of its own, killed with SIGKILL when its parent ends.
///
/// The kernel ties that death signal to the *thread* that forked, not to its process (prctl(2)): call
/// this only from a thread that lives as long as the process.
///
/// Returns 0 and the child's pid, or the errno of what failed, exec included.
static inline int hb_spawn(const hb_spawn_request *request, pid_t *pid) {
    if (request->descriptor_count < 0 || request->descriptor_count > HB_MOST_DESCRIPTORS) return EINVAL;
    int report[2];
    if (syscall(SYS_pipe2, report, O_CLOEXEC) != 0) return errno;
    // No handler of the parent's may run in the child before its handlers are reset.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        // Where none of the child's descriptors goes, so that the end that tells of exec stays that end.
        int told = fcntl(report[1], F_DUPFD_CLOEXEC, 3 + HB_MOST_DESCRIPTORS);
        if (told >= 0) hb_become(request, parent);
        int failure = errno;
        ssize_t ignored = write(told >= 0 ? told : report[1], &failure, sizeof failure);
        (void)ignored;
        _exit(127);
    }
    int failure = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child > 0) {
        // End of file means that exec went through and closed the other end.
        ssize_t got;
        do got = read(report[0], &failure, sizeof failure); while (got < 0 && errno == EINTR);
        if (got > 0) {
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
        } else {
            failure = 0;
            *pid = child;
        }
    }
    close(report[0]);
    return failure;
}

/// A pipe that no child inherits unless it is given: 0, or the errno. `ends`: to read from, to write to.
static inline int hb_pipe(int ends[2]) {
    return syscall(SYS_pipe2, ends, O_CLOEXEC) == 0 ? 0 : errno;
}

/// A descriptor that stands for this very process, never for a later one with the same number; it
/// becomes readable when the process ends. Returns -1 and sets errno on failure. Linux 5.3.
static inline int hb_pidfd_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0U);
}

static inline int hb_pidfd_send_signal(int pidfd, int number) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0U);
}

/// Waits until a descriptor is readable or its other end is gone: 1, or 0 when the time is up.
static inline int hb_wait_readable(int descriptor, int timeout_ms) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
    return poll(&entry, 1, timeout_ms) > 0;
}

/// Takes the exclusive lock of an open file without waiting: 0, or the errno (EWOULDBLOCK: held).
static inline int hb_lock_now(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

/// Gives the lock up for every descriptor of the same opening, also for one that a child between its fork and its
/// exec still holds; closing our own would not.
static inline int hb_unlock(int fd) {
    return flock(fd, LOCK_UN);
}

// Open file description locks (fcntl(2)), by their numbers on Linux where _GNU_SOURCE was not asked for.
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

/// Takes one byte of an open file for this opening alone, at once or after a wait: 0, or the errno (EAGAIN: held).
/// It is given up with the process.
static inline int hb_claim(int descriptor, long long offset, int waits) {
    struct flock claim = {0};
    claim.l_type = F_WRLCK;
    claim.l_whence = SEEK_SET;
    claim.l_start = offset;
    claim.l_len = 1;
    return fcntl(descriptor, waits ? F_OFD_SETLKW : F_OFD_SETLK, &claim) == 0 ? 0 : errno;
}

static inline int hb_has_exited(int wait_status) { return WIFEXITED(wait_status); }
static inline int hb_exit_code(int wait_status) { return WEXITSTATUS(wait_status); }
static inline int hb_end_signal(int wait_status) { return WTERMSIG(wait_status); }
