/* Preloaded into user-mode Linux: its guest's time passes DILATE times slower than the machine's.

   A guest runs several times slower than the machine. With slower clocks it looks fast to itself, and
   its TCP timers do not fire while its processes wait for their turn. User-mode Linux takes its time
   from these calls of the C library, and from no others. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL
typedef long long nanoseconds;

static double factor(void)
{
    static double known;
    if (!known) {
        const char *text = getenv("DILATE");
        known = text ? atof(text) : 1;
        if (known < 1)
            known = 1;
    }
    return known;
}

static nanoseconds of(const struct timespec *time) { return time->tv_sec * SECOND + time->tv_nsec; }

static struct timespec as_time(nanoseconds n)
{
    return (struct timespec){.tv_sec = n / SECOND, .tv_nsec = n % SECOND};
}

static void longer(struct timespec *time) { *time = as_time(of(time) * factor()); }
static void shorter(struct timespec *time) { *time = as_time(of(time) / factor()); }

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* Clocks that show times go on from where they first stood; those of processor time stay. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    static nanoseconds start[16];
    struct timespec now;
    int result = syscall(SYS_clock_gettime, clock, &now);
    if (clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC_RAW ||
        clock == CLOCK_BOOTTIME) {
        if (!start[clock])
            start[clock] = of(&now);
        now = as_time(start[clock] + (nanoseconds)((of(&now) - start[clock]) / factor()));
    }
    *time = now;
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    (void)zone;
    *time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return result;
}

int timer_settime(timer_t timer, int flags, const struct itimerspec *set, struct itimerspec *old)
{
    int (*call)(timer_t, int, const struct itimerspec *, struct itimerspec *) = real("timer_settime");
    struct itimerspec slow = *set;
    longer(&slow.it_value);
    longer(&slow.it_interval);
    int result = call(timer, flags, &slow, old);
    if (old) {
        shorter(&old->it_value);
        shorter(&old->it_interval);
    }
    return result;
}

int timer_gettime(timer_t timer, struct itimerspec *left)
{
    int (*call)(timer_t, struct itimerspec *) = real("timer_gettime");
    int result = call(timer, left);
    shorter(&left->it_value);
    shorter(&left->it_interval);
    return result;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
    int (*call)(clockid_t, int, const struct timespec *, struct timespec *) = real("clock_nanosleep");
    struct timespec slow = *time;
    if (!(flags & TIMER_ABSTIME))
        longer(&slow);
    return call(clock, flags, &slow, left);
}
