// SPDX-License-Identifier: Apache-2.0
// Whether another rank of the job works as well, by a file that they share.
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
  /// What it has launched is over.
  void rests();
  /// At least one other rank has work on its card, or had until 2 ms ago. All at once would never
  /// come true in a pair of many; and longer ago is not now, for turns follow each other closely.
  bool with_another() const;

 private:
  const int rank_, ranks_;
  std::atomic<std::int64_t>* until_ns_ = nullptr;  ///< of each rank, in shared memory
};

}  // namespace lying_opencl
