// SPDX-License-Identifier: Apache-2.0
// Until when each rank works, in memory that all of them map.
#include "together.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <limits>

namespace lying_opencl {
namespace {

constexpr std::int64_t recent_ns = 2'000'000;
constexpr std::int64_t nobody_knows = std::numeric_limits<std::int64_t>::max();

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

Together::Together(int rank, int ranks) : rank_(rank), ranks_(ranks) {
  const char* path = std::getenv("CARDWISE_LYING_OPENCL_SHARED");
  if (path == nullptr) return;
  const std::size_t bytes = std::size_t(ranks) * sizeof *until_ns_;
  const int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0) return;
  if (ftruncate(file, off_t(bytes)) == 0)
    if (void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        memory != MAP_FAILED)
      until_ns_ = static_cast<std::atomic<std::int64_t>*>(memory);
  close(file);
}

void Together::works() {
  if (until_ns_ != nullptr) until_ns_[rank_] = nobody_knows;
}

void Together::rests() {
  if (until_ns_ != nullptr && until_ns_[rank_] == nobody_knows) until_ns_[rank_] = now_ns();
}

bool Together::with_another() const {
  if (until_ns_ == nullptr) return false;
  const std::int64_t since = now_ns() - recent_ns;
  for (int i = 0; i < ranks_; ++i)
    if (i != rank_ && until_ns_[i] > since) return true;
  return false;
}

}  // namespace lying_opencl
