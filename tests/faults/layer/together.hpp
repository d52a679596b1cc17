// SPDX-License-Identifier: Apache-2.0
// Whether every rank of the job works, by a file that they share.
#pragma once

#include <atomic>
#include <cstdint>

namespace lying_opencl {

/// The file is CARDWISE_LYING_OPENCL_SHARED's; without it nobody ever works together.
class Together {
 public:
  Together(int rank, int ranks);
  /// This rank launches.
  void works();
  /// Every rank has launched within the last 20 ms.
  bool all() const;

 private:
  const int rank_, ranks_;
  std::atomic<std::int64_t>* last_ns_ = nullptr;  ///< of each rank, in shared memory
};

}  // namespace lying_opencl
