/* A wall clock that is wrong by CLOCK_SKEW_S seconds (may be negative, may have a fraction), for one process and its
 * children. Preloaded (LD_PRELOAD). What measures spans, CLOCK_MONOTONIC and its kin, is left alone, and so is whatever
 * does not ask the C library: the kernel's own times of files, and other processes.
 *
 *   cc -O2 -shared -fPIC -o clock.so clock.c
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int (*real_clock_gettime)(clockid_t, struct timespec *);
static long long skew_ns;

__attribute__((constructor)) static void prepare(void)
{
    const char *skew = getenv("CLOCK_SKEW_S");
    skew_ns = skew ? (long long)(strtod(skew, NULL) * 1e9) : 0;
    real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
}

static void shift(struct timespec *at)
{
    const long long second = 1000000000LL;
    long long ns = (long long)at->tv_sec * second + at->tv_nsec + skew_ns;
    at->tv_sec = (time_t)(ns / second);
    at->tv_nsec = (long)(ns % second);
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
    if (!real_clock_gettime)
        prepare();
    int ended = real_clock_gettime(clock, at);
    if (ended == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        shift(at);
    return ended;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (time_t)-1;
    if (at)
        *at = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *at, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, at) == 0 ? base : 0;
}
