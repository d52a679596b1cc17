// SPDX-License-Identifier: Apache-2.0
// A file that is replaced as a whole or not at all: temporary file, fsync, rename, fsync.
#include "results/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "core/error.hpp"

namespace cardwise {
namespace {

namespace fs = std::filesystem;

/// A POSIX descriptor; close() is called by hand where its answer matters.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : id_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (id_ < 0) throw Error(fmt::format("open {}: {}", path.string(), std::strerror(errno)));
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (id_ >= 0) ::close(id_);
  }
  int id() const { return id_; }
  void close(const fs::path& path) {
    const int status = ::close(id_);
    id_ = -1;
    if (status != 0) throw Error(fmt::format("close {}: {}", path.string(), std::strerror(errno)));
  }

 private:
  int id_;
};

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

void write_all(const Descriptor& out, const fs::path& path, const AtomicFile::Image& image) {
  constexpr std::size_t largest = std::size_t{1} << 30;  // Linux writes at most 2 GiB at once
  for (std::size_t done = 0; done < image.size();) {
    const ssize_t n =
        ::write(out.id(), image.data() + done, std::min(image.size() - done, largest));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw Error(fmt::format("write {} ({} of {} bytes): {}", path.string(), done, image.size(),
                              std::strerror(errno)));
    done += static_cast<std::size_t>(n);
  }
}

void sync(const Descriptor& file, const fs::path& path) {
  // Some network file systems do not know fsync of a folder: EINVAL says so, and is no loss.
  if (::fsync(file.id()) != 0 && errno != EINVAL)
    throw Error(fmt::format("fsync {}: {}", path.string(), std::strerror(errno)));
}

/// Renames onto a name that nobody has; a file system that cannot say so atomically is asked first.
void rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  const bool unsupported = errno == EINVAL || errno == ENOSYS || errno == ENOTSUP;
  if (!unsupported) throw Error(fmt::format("rename to {}: {}", to.string(), std::strerror(errno)));
  if (fs::exists(to)) throw Error(fmt::format("rename to {}: File exists", to.string()));
  fs::rename(from, to);
}

}  // namespace

AtomicFile::AtomicFile(fs::path file) : path_(std::move(file)), temporary_(path_) {
  temporary_ += ".tmp";
  std::error_code problem;
  if (fs::exists(fs::symlink_status(path_, problem)))
    throw UsageError(fmt::format("{} exists already and is never overwritten: choose another name "
                                 "with --output, or move it away",
                                 path_.string()));
  const fs::path folder = folder_of(path_);
  fs::create_directories(folder, problem);
  if (problem)
    throw UsageError(fmt::format("cannot make the output folder {}: {}; choose another one with "
                                 "--output",
                                 folder.string(), problem.message()));
  fs::remove(temporary_, problem);
  try {  // the one sure way to know, also for root and on read-only mounts
    Descriptor probe(temporary_, O_WRONLY | O_CREAT | O_EXCL);
    probe.close(temporary_);
    fs::remove(temporary_);
  } catch (const std::exception& error) {
    throw UsageError(fmt::format("cannot write into the output folder {}: {}; choose another one "
                                 "with --output",
                                 folder.string(), error.what()));
  }
}

void AtomicFile::publish(const Image& image) {
  try {
    // Made anew each time: in a shared folder the name may have become somebody's link meanwhile.
    ::unlink(temporary_.c_str());
    Descriptor out(temporary_, O_WRONLY | O_CREAT | O_EXCL);
    write_all(out, temporary_, image);
    sync(out, temporary_);
    out.close(temporary_);
    if (published_) fs::rename(temporary_, path_);
    else rename_new(temporary_, path_);
    published_ = true;
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary_, ignored);  // half an image is of no use, and the disk may be full
    throw;
  }
  const Descriptor folder(folder_of(path_), O_RDONLY | O_DIRECTORY);
  sync(folder, folder_of(path_));
}

std::shared_ptr<const AtomicFile::Image> AtomicFile::pending() {
  const std::lock_guard lock(guard_);
  return pending_;
}

void AtomicFile::write(Image image) {
  auto mine = std::make_shared<const Image>(std::move(image));
  {
    const std::lock_guard lock(guard_);
    pending_ = mine;
  }
  const std::lock_guard disk(disk_);
  if (pending() != mine) return;  // write_pending was quicker
  try {
    publish(*mine);
  } catch (const fs::filesystem_error& error) {
    throw Error(error.what());
  }
  const std::lock_guard lock(guard_);
  pending_.reset();
}

bool AtomicFile::write_pending() noexcept {
  try {
    if (!pending()) return true;
    const std::unique_lock disk(disk_, std::chrono::seconds(3));
    if (!disk.owns_lock()) return false;
    const auto image = pending();
    if (!image) return true;
    publish(*image);
    const std::lock_guard lock(guard_);
    pending_.reset();
    return true;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cardwise: the result file could not be written: %s\n", error.what());
    return false;
  }
}

}  // namespace cardwise
