// Loaded before the C library into a program under test, this makes its storage misbehave:
//
//   FAULT_NO_SHARED_MEMORY=1   mapping an SQLite -shm file fails as on file systems without it
//   FAULT_STALL_FILE=PATH      while PATH exists, the next fdatasync or fsync removes it and then
//                              takes 500 ms, as a disk does that stops answering
//   FAULT_UNLINK_FILE=PATH     likewise for the next unlink of a socket (*.sock)
//   FAULT_HANG_PIPE=PATH       a rename of what is called "hangs" opens this pipe for writing
//   first, and
//                              so waits until somebody reads from it
//   FAULT_KILL_FILE=PATH       when PATH appears, it is removed, and the n-th write to a database's
//                              log, sync or send from then on kills the program instead; n is in
//                              it, 0: none does
//   FAULT_NAMES_FILE=PATH      each name that is made ("made NAME") and each file and directory
//   that
//                              is synced ("synced NAME") is written there, a line each
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

// Read when the library is loaded: a daemon takes what is its own out of its environment.
const char* no_shared_memory = nullptr;
const char* stall_file = nullptr;
const char* unlink_file = nullptr;
const char* kill_file = nullptr;
std::atomic<long> calls_to_live{0};  // 0: not counted
const char* names_file = nullptr;
const char* hang_pipe = nullptr;

__attribute__((constructor)) void read_variables() {
  const auto copy_of = [](const char* variable) {
    const char* const value = std::getenv(variable);
    return value == nullptr ? nullptr : ::strdup(value);
  };
  no_shared_memory = copy_of("FAULT_NO_SHARED_MEMORY");
  stall_file = copy_of("FAULT_STALL_FILE");
  unlink_file = copy_of("FAULT_UNLINK_FILE");
  kill_file = copy_of("FAULT_KILL_FILE");
  names_file = copy_of("FAULT_NAMES_FILE");
  hang_pipe = copy_of("FAULT_HANG_PIPE");
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

bool has_name_ending_in(int fd, const char* ending) {
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const auto length = ::readlink(link, path, sizeof(path));
  return length > 4 && std::memcmp(path + length - 4, ending, 4) == 0;
}

int real_unlink(const char* path) {
  static const auto real = next<decltype(&::unlink)>("unlink");
  return real(path);
}

// A line at once, since several threads write.
void note_name(const char* what, const char* path) {
  if (names_file == nullptr) return;
  char line[4200];
  const int size = std::snprintf(line, sizeof(line), "%s %s\n", what, path);
  const int file = ::open(names_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  [[maybe_unused]] const auto written = ::write(file, line, static_cast<std::size_t>(size));
  ::close(file);
}

void note_sync(int fd) {
  if (names_file == nullptr) return;
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const auto length = ::readlink(link, path, sizeof(path) - 1);
  if (length <= 0) return;
  path[length] = 0;
  note_name("synced", path);
}

void die_if_due() {
  if (kill_file == nullptr) return;
  if (FILE* const file = std::fopen(kill_file, "re"); file != nullptr) {
    long calls = 0;
    if (std::fscanf(file, "%ld", &calls) == 1 && real_unlink(kill_file) == 0) calls_to_live = calls;
    std::fclose(file);
  }
  if (calls_to_live == 0) return;
  const long left = --calls_to_live;
  if (left == 0) ::kill(::getpid(), SIGKILL);
}

void stall_if_asked(const char* file) {
  if (file == nullptr || real_unlink(file) != 0) return;
  const timespec half_a_second{0, 500'000'000};
  ::nanosleep(&half_a_second, nullptr);
}

}  // namespace

extern "C" {

void* mmap64(void* address, std::size_t length, int protection, int flags, int fd, off64_t offset) {
  if (fd >= 0 && no_shared_memory != nullptr && has_name_ending_in(fd, "-shm")) {
    errno = ENODEV;
    return MAP_FAILED;
  }
  static const auto real = next<decltype(&mmap64)>("mmap64");
  return real(address, length, protection, flags, fd, offset);
}

void* mmap(void* address, std::size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap64(address, length, protection, flags, fd, offset);
}

int unlink(const char* path) {
  const std::size_t size = std::strlen(path);
  if (size > 5 && std::strcmp(path + size - 5, ".sock") == 0) stall_if_asked(unlink_file);
  return real_unlink(path);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  if (kill_file != nullptr && has_name_ending_in(fd, "-wal")) die_if_due();
  static const auto real = next<decltype(&pwrite64)>("pwrite64");
  return real(fd, data, size, offset);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return pwrite64(fd, data, size, offset);
}

ssize_t send(int socket, const void* data, size_t size, int flags) {
  die_if_due();
  static const auto real = next<decltype(&send)>("send");
  return real(socket, data, size, flags);
}

int fdatasync(int fd) {
  die_if_due();
  stall_if_asked(stall_file);
  static const auto real = next<decltype(&fdatasync)>("fdatasync");
  const int result = real(fd);
  if (result == 0) note_sync(fd);
  return result;
}

int fsync(int fd) {
  stall_if_asked(stall_file);
  static const auto real = next<decltype(&fsync)>("fsync");
  const int result = real(fd);
  if (result == 0) note_sync(fd);
  return result;
}

int mkdir(const char* path, mode_t mode) {
  static const auto real = next<decltype(&mkdir)>("mkdir");
  const int result = real(path, mode);
  if (result == 0) note_name("made", path);
  return result;
}

int rename(const char* from, const char* to) {
  const std::size_t size = std::strlen(from);
  if (hang_pipe != nullptr && size > 6 && std::strcmp(from + size - 6, "/hangs") == 0) {
    ::close(::open(hang_pipe, O_WRONLY | O_CLOEXEC));
  }
  static const auto real = next<decltype(&rename)>("rename");
  const int result = real(from, to);
  if (result == 0) note_name("made", to);
  return result;
}
}
