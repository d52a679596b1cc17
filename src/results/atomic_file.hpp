// SPDX-License-Identifier: Apache-2.0
// A file that is replaced as a whole or not at all: temporary file, fsync, rename, fsync.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cardwise {

class AtomicFile {
 public:
  using Image = std::vector<std::byte>;

  /// Makes the folders, removes a stale `<file>.tmp`. Throws UsageError where `file` exists or the
  /// folder cannot be written.
  explicit AtomicFile(std::filesystem::path file);

  /// Replaces the file's content. Throws Error where that failed: the old content is still whole,
  /// and `image` is kept for the next try.
  void write(Image image);

  /// Tries once more what write() could not finish; waits at most 3 s for a write() that hangs.
  /// True where the disk has the last image. Any thread.
  bool write_pending() noexcept;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::shared_ptr<const Image> pending();
  void publish(const Image& image);

  std::filesystem::path path_, temporary_;
  bool published_ = false;                ///< guarded by disk_: `path_` is ours
  std::timed_mutex disk_;                 ///< one writer of the temporary file
  std::mutex guard_;                      ///< of pending_
  std::shared_ptr<const Image> pending_;  ///< not on disk yet
};

}  // namespace cardwise
