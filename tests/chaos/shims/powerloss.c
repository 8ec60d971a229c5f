/* Keeps a ledger of what a power loss would leave of the files below POWERLOSS_DIR. Preloaded (LD_PRELOAD) into a
 * server; chaos/power.py reads the ledger, POWERLOSS_LEDGER, once the server was killed, and takes away what had not
 * reached the disk.
 *
 * What it holds to be on the disk: of a file, as many bytes as it had when the last fsync or fdatasync of it was called
 * that succeeded (files here only ever grow); of a directory, what was created, renamed and removed in it before its
 * last fsync. That is the strictest reading of POSIX: ext4, say, keeps more. sync_file_range counts for nothing. That
 * the directories themselves exist is taken for granted.
 *
 * One line for each fact, the fields separated by tabs:
 *   new     INODE PATH        a file was created
 *   cut     INODE SIZE        a file was truncated, or opened to be written anew
 *   synced  INODE SIZE        a file is on the disk up to here
 *   moved   KEPT OLD NEW      a rename; KEPT is a link to what was NEW before ("" where nothing was)
 *   removed KEPT PATH         an unlink; KEPT is a link to what it was
 *   entries PATH              a directory is on the disk as it is
 *
 *   cc -O2 -shared -fPIC -o powerloss.so powerloss.c
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEPT_MAX (PATH_MAX + 64)
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int ledger = -1;
static char ledger_path[PATH_MAX];
static char watched[PATH_MAX];
static atomic_ulong links;

__attribute__((constructor)) static void prepare(void)
{
    const char *path = getenv("POWERLOSS_LEDGER"), *directory = getenv("POWERLOSS_DIR");
    if (!path || !directory)
        return;
    snprintf(ledger_path, sizeof ledger_path, "%s", path);
    snprintf(watched, sizeof watched, "%s", directory);
    ledger = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    char line[4 * PATH_MAX];
    va_list values;
    int kept = errno;
    va_start(values, format);
    int size = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (ledger >= 0 && size > 0 && (size_t)size < sizeof line)
        (void)!syscall(SYS_write, ledger, line, (size_t)size);
    errno = kept;
}

/* Make PATH absolute; false where it is not below the watched directory. */
static int known(const char *path, char *full)
{
    int size;
    if (ledger < 0 || !path)
        return 0;
    if (path[0] == '/') {
        size = snprintf(full, PATH_MAX, "%s", path);
    } else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here))
            return 0;
        size = snprintf(full, PATH_MAX, "%s/%s", here, path);
    }
    return size > 0 && size < PATH_MAX && strncmp(full, watched, strlen(watched)) == 0;
}

/* Keep what stands at PATH under a name beside the ledger; "" where nothing does. */
static void keep(const char *path, char *kept)
{
    snprintf(kept, KEPT_MAX, "%s.%ld.%lu", ledger_path, (long)getpid(), atomic_fetch_add(&links, 1));
    if (link(path, kept) != 0)
        kept[0] = 0;
}

enum beginning { OLD, NEW, EMPTIED };

/* What an OPEN with these flags makes of the file it opens. */
static enum beginning beginning(const char *path, int flags, char *full)
{
    int kept = errno;
    enum beginning is = OLD;
    if (known(path, full)) {
        int there = access(full, F_OK) == 0;
        is = there && (flags & O_TRUNC) ? EMPTIED : !there && (flags & O_CREAT) ? NEW : OLD;
    }
    errno = kept;
    return is;
}

static void opened(enum beginning is, int file, const char *full)
{
    struct stat about;
    if (is == OLD || file < 0 || fstat(file, &about) != 0)
        return;
    if (is == NEW)
        note("new\t%lu\t%s\n", (unsigned long)about.st_ino, full);
    else
        note("cut\t%lu\t0\n", (unsigned long)about.st_ino);
}

#define OPENS(name)                                                              \
    int name(const char *path, int flags, ...)                                   \
    {                                                                            \
        char full[PATH_MAX];                                                     \
        mode_t mode = 0;                                                         \
        if (flags & (O_CREAT | O_TMPFILE)) {                                     \
            va_list rest;                                                        \
            va_start(rest, flags);                                               \
            mode = va_arg(rest, mode_t);                                         \
            va_end(rest);                                                        \
        }                                                                        \
        enum beginning is = beginning(path, flags, full);                        \
        int file = REAL(name)(path, flags, mode);                                \
        opened(is, file, full);                                                  \
        return file;                                                             \
    }
OPENS(open)
OPENS(open64)

#define FOPENS(name)                                                             \
    FILE *name(const char *restrict path, const char *restrict mode)             \
    {                                                                            \
        char full[PATH_MAX];                                                     \
        int flags = mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT : 0; \
        enum beginning is = beginning(path, flags, full);                        \
        FILE *file = REAL(name)(path, mode);                                     \
        opened(is, file ? fileno(file) : -1, full);                              \
        return file;                                                             \
    }
FOPENS(fopen)
FOPENS(fopen64)

#define TRUNCATES(name, offset)                                                  \
    int name(int file, offset size)                                              \
    {                                                                            \
        struct stat about;                                                       \
        int ended = REAL(name)(file, size);                                      \
        if (ended == 0 && ledger >= 0 && fstat(file, &about) == 0)               \
            note("cut\t%lu\t%lld\n", (unsigned long)about.st_ino, (long long)size); \
        return ended;                                                            \
    }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

/* The size is taken before the call: what is written meanwhile may or may not be included. */
#define SYNCS(name)                                                              \
    int name(int file)                                                           \
    {                                                                            \
        struct stat about;                                                       \
        int seen = ledger >= 0 && fstat(file, &about) == 0;                      \
        int ended = REAL(name)(file);                                            \
        if (ended == 0 && seen && S_ISREG(about.st_mode)) {                      \
            note("synced\t%lu\t%lld\n", (unsigned long)about.st_ino, (long long)about.st_size); \
        } else if (ended == 0 && seen && S_ISDIR(about.st_mode)) {               \
            char name_[64], full[PATH_MAX];                                      \
            snprintf(name_, sizeof name_, "/proc/self/fd/%d", file);             \
            ssize_t size = readlink(name_, full, sizeof full - 1);               \
            if (size > 0) {                                                      \
                full[size] = 0;                                                  \
                note("entries\t%s\n", full);                                     \
            }                                                                    \
        }                                                                        \
        return ended;                                                            \
    }
SYNCS(fsync)
SYNCS(fdatasync)

int rename(const char *old, const char *new)
{
    char from[PATH_MAX], to[PATH_MAX], kept[KEPT_MAX] = "";
    int watch = known(old, from) && known(new, to);
    if (watch)
        keep(to, kept);
    int ended = REAL(rename)(old, new);
    if (watch && ended == 0)
        note("moved\t%s\t%s\t%s\n", kept, from, to);
    return ended;
}

int unlink(const char *path)
{
    char full[PATH_MAX], kept[KEPT_MAX] = "";
    int watch = known(path, full);
    if (watch)
        keep(full, kept);
    int ended = REAL(unlink)(path);
    if (watch && ended == 0)
        note("removed\t%s\t%s\n", kept, full);
    return ended;
}
