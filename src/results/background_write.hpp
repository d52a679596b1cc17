// SPDX-License-Identifier: Apache-2.0
// One image on its way to disk, in a thread of its own: a file system that hangs keeps nobody else.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "results/atomic_file.hpp"

namespace cardwise {

class BackgroundWrite {
 public:
  BackgroundWrite(std::shared_ptr<AtomicFile> file, AtomicFile::Image image);
  /// A thread that hangs cannot be ended: it is left behind, with all that it still needs.
  ~BackgroundWrite();
  BackgroundWrite(const BackgroundWrite&) = delete;
  BackgroundWrite& operator=(const BackgroundWrite&) = delete;

  /// Waits at most so long (infinity: to the end); seconds that the write took, nothing where it is
  /// not over. Throws Error where it failed. Once it has answered, it is not asked again.
  std::optional<double> wait(double most_s);

 private:
  std::future<double> outcome_;
  std::thread thread_;
};

}  // namespace cardwise
