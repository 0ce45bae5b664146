// A disk that can be watched and made to fail, laid under a process by LD_PRELOAD. It sees every call that changes a
// file whose path holds DISK_WATCH.
//
// DISK_LOG: a file to which each such change is appended in order, so that the files can be made again as they were on
// disk at any moment. A record is: operation (1 byte), number of the file (1), offset (8), length (8), data; numbers are
// little-endian. Operations: O open (data: the path), W write, T truncate (offset: the new size), S sync, U unlink
// (data: the path).
//
// DISK_FAULT: a file that the test changes while the process runs. It holds four 32-bit numbers: which operation fails
// (0 none; 'O', 'W', 'S' or 'A' for any of them), with which errno, how many such calls work before the first that
// fails, and how many fail then.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS 65536

static unsigned char number_of[FDS]; // of the watched file that a descriptor has open; 0 for all others
static char paths[256][512];
static int files;
static int log_fd = -1;
static volatile int32_t *fault;
static const char *watch;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t raw_write(int fd, const void *data, size_t bytes) { return syscall(SYS_write, fd, data, bytes); }

__attribute__((constructor)) static void start(void) {
  watch = getenv("DISK_WATCH");
  const char *log = getenv("DISK_LOG");
  const char *control = getenv("DISK_FAULT");
  if (log) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (control) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDWR | O_CLOEXEC, 0);
    void *map = fd < 0 ? MAP_FAILED : mmap(0, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) fault = map;
    if (fd >= 0) syscall(SYS_close, fd);
  }
}

static int watched(const char *path) { return watch && path && strstr(path, watch) != 0; }

static void note(char operation, int number, uint64_t offset, uint64_t length, const void *data) {
  if (log_fd < 0) return;
  unsigned char head[18];
  head[0] = (unsigned char)operation;
  head[1] = (unsigned char)number;
  memcpy(head + 2, &offset, 8);
  memcpy(head + 10, &length, 8);
  raw_write(log_fd, head, sizeof head);
  if (length > 0) raw_write(log_fd, data, length);
}

// Whether this call fails; the caller holds the lock.
static int fails(char operation) {
  if (!fault || fault[0] == 0 || (fault[0] != operation && fault[0] != 'A')) return 0;
  if (fault[2] > 0) {
    fault[2] -= 1;
    return 0;
  }
  if (fault[3] <= 0) return 0;
  fault[3] -= 1;
  errno = fault[1];
  return 1;
}

static int number_for(const char *path) {
  for (int i = 1; i <= files; i += 1)
    if (strcmp(paths[i], path) == 0) return i;
  if (files == 255 || strlen(path) >= sizeof paths[0]) return 0;
  files += 1;
  strcpy(paths[files], path);
  return files;
}

static int open_at(int directory, const char *path, int flags, mode_t mode) {
  int fd = -1;
  if (!watched(path)) {
    fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (fd >= 0 && fd < FDS) number_of[fd] = 0;
    return fd;
  }
  pthread_mutex_lock(&lock);
  if (!fails('O')) {
    fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    int number = number_for(path);
    if (fd >= 0 && fd < FDS) {
      number_of[fd] = (unsigned char)number;
      note('O', number, 0, strlen(path), path);
      if (flags & O_TRUNC) note('T', number, 0, 0, 0);
    }
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static mode_t mode_in(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPEN(name)                                                                                                     \
  int name(const char *path, int flags, ...) {                                                                         \
    va_list rest;                                                                                                      \
    va_start(rest, flags);                                                                                             \
    mode_t mode = mode_in(flags, rest);                                                                                \
    va_end(rest);                                                                                                      \
    return open_at(AT_FDCWD, path, flags, mode);                                                                       \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  if (fd >= 0 && fd < FDS) number_of[fd] = 0;
  return (int)syscall(SYS_close, fd);
}

// libuv closes without a call that can be seen here, so what was a file's descriptor may be a socket's by now.
static int number_at(int fd) {
  struct stat now;
  if (fd < 0 || fd >= FDS || number_of[fd] == 0) return 0;
  if (fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) number_of[fd] = 0;
  return number_of[fd];
}

static ssize_t write_at(int fd, const void *data, size_t bytes, off_t offset, int positioned) {
  int number = number_at(fd);
  if (!number) return positioned ? syscall(SYS_pwrite64, fd, data, bytes, offset) : raw_write(fd, data, bytes);
  pthread_mutex_lock(&lock);
  ssize_t written = -1;
  if (!fails('W')) {
    struct stat now;
    int appends = !positioned && (fcntl(fd, F_GETFL) & O_APPEND);
    if (appends) fstat(fd, &now);
    off_t at = positioned ? offset : appends ? now.st_size : lseek(fd, 0, SEEK_CUR);
    written = positioned ? syscall(SYS_pwrite64, fd, data, bytes, offset) : raw_write(fd, data, bytes);
    if (written > 0) note('W', number, (uint64_t)at, (uint64_t)written, data);
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t write(int fd, const void *data, size_t bytes) { return write_at(fd, data, bytes, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return write_at(fd, data, bytes, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t offset) { return write_at(fd, data, bytes, offset, 1); }

static int truncate_at(int fd, off_t size) {
  int number = number_at(fd);
  if (!number) return (int)syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  int result = -1;
  if (!fails('W')) {
    result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0) note('T', number, (uint64_t)size, 0, 0);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int fd, off_t size) { return truncate_at(fd, size); }
int ftruncate64(int fd, off_t size) { return truncate_at(fd, size); }

static int sync_at(int fd, long call) {
  int number = number_at(fd);
  if (!number) return (int)syscall(call, fd);
  pthread_mutex_lock(&lock);
  int failing = fails('S');
  pthread_mutex_unlock(&lock);
  if (failing) return -1;
  int result = (int)syscall(call, fd);
  pthread_mutex_lock(&lock);
  if (result == 0) note('S', number, 0, 0, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int fd) { return sync_at(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_at(fd, SYS_fdatasync); }

int unlink(const char *path) {
  int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (result == 0 && watched(path)) {
    pthread_mutex_lock(&lock);
    note('U', number_for(path), 0, strlen(path), path);
    pthread_mutex_unlock(&lock);
  }
  return result;
}
