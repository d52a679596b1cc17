// SPDX-License-Identifier: Apache-2.0
// The thread of one write.
#include "results/background_write.hpp"

#include <chrono>
#include <cmath>
#include <string>
#include <system_error>

#include "core/error.hpp"

namespace cardwise {

BackgroundWrite::BackgroundWrite(std::shared_ptr<AtomicFile> file, AtomicFile::Image image) {
  // What the thread needs is its own: it may outlive the file's owner.
  std::packaged_task<double()> task([file = std::move(file), image = std::move(image)]() mutable {
    const auto start = std::chrono::steady_clock::now();
    file->write(std::move(image));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
  outcome_ = task.get_future();
  try {
    thread_ = std::thread(std::move(task));
  } catch (const std::system_error& error) {
    throw Error(std::string("no thread for writing the file: ") + error.what());
  }
}

BackgroundWrite::~BackgroundWrite() {
  const bool over =
      !outcome_.valid() || outcome_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  if (over)
    thread_.join();
  else
    thread_.detach();
}

std::optional<double> BackgroundWrite::wait(double most_s) {
  if (!std::isfinite(most_s))
    outcome_.wait();
  else if (outcome_.wait_for(std::chrono::duration<double>(most_s)) != std::future_status::ready)
    return {};
  return outcome_.get();
}

}  // namespace cardwise
