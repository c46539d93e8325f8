#include "tests/contract/recording_vfs.h"

#include <cstddef>
#include <cstring>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

#include <sqlite3.h>

namespace yardmaster::support {
namespace {

using Kind = DiskEvent::Kind;
using OpenDirectory = int (*)(const char*, int*);

// SQLite calls plain functions: they find the recorder here.
struct Recorder {
  sqlite3_vfs* real = nullptr;
  OpenDirectory open_directory = nullptr;
  std::mutex mutex;
  std::string directory;  // with a slash at its end; empty: nothing is recorded
  std::vector<DiskEvent> events;

  bool knows(const char* path) const {
    return path != nullptr && !directory.empty() &&
           std::strncmp(path, directory.c_str(), directory.size()) == 0;
  }
  void add(Kind kind, const char* path, std::int64_t offset = 0, std::string data = {}) {
    const std::lock_guard lock(mutex);
    if (!knows(path)) return;
    events.push_back({kind, path + directory.size(), offset, std::move(data)});
  }
};
Recorder* recorder = nullptr;

struct File {
  sqlite3_file base;
  const char* path;  // SQLite's, which outlives the file; null: of a temporary file
  sqlite3_file* real;
};
static_assert(sizeof(File) % alignof(sqlite3_int64) == 0);

File& own(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return own(file).real; }

int close_file(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
int read_file(sqlite3_file* f, void* data, int size, sqlite3_int64 offset) {
  return real(f)->pMethods->xRead(real(f), data, size, offset);
}
int write_file(sqlite3_file* f, const void* data, int size, sqlite3_int64 offset) {
  recorder->add(Kind::write, own(f).path, offset,
                {static_cast<const char*>(data), static_cast<std::size_t>(size)});
  return real(f)->pMethods->xWrite(real(f), data, size, offset);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  recorder->add(Kind::truncate, own(f).path, size);
  return real(f)->pMethods->xTruncate(real(f), size);
}
int sync_file(sqlite3_file* f, int flags) {
  if (!recorder->knows(own(f).path)) return SQLITE_OK;
  // Also where SQLite syncs the directory of a new journal, which sync_of_directory() notes.
  const int result = real(f)->pMethods->xSync(real(f), flags);
  recorder->add(Kind::sync, own(f).path);
  return result;
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
  return real(f)->pMethods->xFileSize(real(f), size);
}
int lock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock_file(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file* f, int* result) {
  return real(f)->pMethods->xCheckReservedLock(real(f), result);
}
int control(sqlite3_file* f, int operation, void* argument) {
  return real(f)->pMethods->xFileControl(real(f), operation, argument);
}
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
int map_shared(sqlite3_file* f, int page, int size, int extend, void volatile** memory) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, memory);
}
int lock_shared(sqlite3_file* f, int offset, int count, int flags) {
  return real(f)->pMethods->xShmLock(real(f), offset, count, flags);
}
void barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int unmap_shared(sqlite3_file* f, int remove) {
  return real(f)->pMethods->xShmUnmap(real(f), remove);
}

constexpr sqlite3_io_methods methods{
    2,           close_file,  read_file,    write_file, truncate_file, sync_file,       file_size,
    lock_file,   unlock_file, check_lock,   control,    sector_size,   characteristics, map_shared,
    lock_shared, barrier,     unmap_shared, nullptr,    nullptr};

int open_file(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* opened) {
  File& opening = *new (file) File{};
  auto* const place = reinterpret_cast<std::byte*>(file) + sizeof(File);
  opening.real = reinterpret_cast<sqlite3_file*>(place);
  opening.path = path;
  const bool is_new = path != nullptr && !std::filesystem::exists(path);
  const int result = recorder->real->xOpen(recorder->real, path, opening.real, flags, opened);
  if (opening.real->pMethods != nullptr) opening.base.pMethods = &methods;
  if (result == SQLITE_OK && is_new) recorder->add(Kind::create, path);
  return result;
}

int remove_file(sqlite3_vfs* /*vfs*/, const char* path, int sync_directory) {
  const int result = recorder->real->xDelete(recorder->real, path, 0);
  if (result != SQLITE_OK) return result;
  recorder->add(Kind::remove, path);
  if (sync_directory != 0) recorder->add(Kind::sync_directory, path);
  return result;
}

// SQLite opens a directory to sync it, and for nothing else.
int sync_of_directory(const char* path, int* descriptor) {
  recorder->add(Kind::sync_directory, path);
  return recorder->open_directory(path, descriptor);
}

sqlite3_vfs recording_vfs(sqlite3_vfs* real) {
  sqlite3_vfs vfs = *real;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  vfs.zName = "recording";
  vfs.xOpen = open_file;
  vfs.xDelete = remove_file;
  return vfs;
}

}  // namespace

class RecordingVfs::Impl {
 public:
  Impl() {
    if (recorder != nullptr) throw std::logic_error("one recording VFS at a time");
    recorder_.real = sqlite3_vfs_find(nullptr);
    recorder = &recorder_;
    vfs_ = recording_vfs(recorder_.real);
    recorder_.open_directory = reinterpret_cast<OpenDirectory>(
        recorder_.real->xGetSystemCall(recorder_.real, "openDirectory"));
    set_open_directory(sync_of_directory);
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~Impl() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(recorder_.real, 1);
    set_open_directory(nullptr);
    recorder = nullptr;
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void add(DiskEvent event) {
    const std::lock_guard lock(recorder_.mutex);
    recorder_.events.push_back(std::move(event));
  }
  void record(std::string directory) {
    const std::lock_guard lock(recorder_.mutex);
    recorder_.directory = std::move(directory);
  }
  std::vector<DiskEvent> take() { return std::exchange(recorder_.events, {}); }

 private:
  void set_open_directory(OpenDirectory function) {
    recorder_.real->xSetSystemCall(recorder_.real, "openDirectory",
                                   reinterpret_cast<sqlite3_syscall_ptr>(function));
  }

  Recorder recorder_;
  sqlite3_vfs vfs_{};
};

RecordingVfs::RecordingVfs() : impl_(std::make_unique<Impl>()) {}
RecordingVfs::~RecordingVfs() = default;

void RecordingVfs::record(const std::filesystem::path& directory) {
  impl_->record(directory.native() + "/");
}

std::vector<DiskEvent> RecordingVfs::take() {
  impl_->record({});
  return impl_->take();
}

void RecordingVfs::note(std::int64_t number) { impl_->add({Kind::note, {}, number}); }

}  // namespace yardmaster::support
