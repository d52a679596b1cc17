// SPDX-License-Identifier: Apache-2.0
// Every collective of the program, and the only place that sees MPI.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cardwise {

/// What a rank says in a reduction, and what then all know.
struct Health {
  std::optional<std::string> failure = {};  ///< afterwards: of the lowest failing rank
  bool skip = false;  ///< the failure is a reason to skip; afterwards: no rank has a worse one
  bool device_lost = false, stop = false, checkpoint = false;
  int failed_rank = -1;  ///< afterwards: that rank, -1 none
};

/// The world communicator. One object a process; MPI is initialised by the first and finalised by
/// its destructor, which is no collective of ours but MPI's own.
class Comm {
 public:
  Comm(int* argc, char*** argv);
  ~Comm();
  Comm(const Comm&) = delete;
  Comm& operator=(const Comm&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  int local_rank() const { return local_rank_; }
  int local_size() const { return local_size_; }
  /// Nodes are counted by shared-memory communicators, in the order of their lowest world rank:
  /// equal host names on two nodes stay two.
  int node() const { return node_; }
  int nodes() const { return nodes_; }
  bool root() const { return rank_ == 0; }

  /// Called before and after each collective, with its name and "" (for the watchdog).
  void on_wait(std::function<void(const char*)> note) { note_ = std::move(note); }

  /// Collective. `slowest` becomes the maximum over ranks, element by element; the health of all
  /// comes back, with the text of the lowest failing rank.
  Health agree(std::span<double> slowest, const Health& mine = {}) const;
  /// Collective. The text of rank `from` on all ranks.
  std::string broadcast(std::string text, int from = 0) const;
  /// Collective. All texts, by rank, on rank 0; empty elsewhere.
  std::vector<std::string> gather(const std::string& mine) const;
  /// Collective. Element-wise minimum over ranks.
  std::vector<std::int64_t> minimum(std::vector<std::int64_t> mine) const;
  /// Collective. Own dissemination barrier: MPI_Barrier's exit skew varies between libraries.
  void barrier() const;
  /// Collective. Sum over ranks, in place.
  void sum(std::span<float> values) const;
  /// Both partners at once: sends `out`, receives `in`.
  void exchange(int partner, std::span<const std::byte> out, std::span<std::byte> in) const;
  void send(int partner, std::span<const std::byte> out) const;
  void receive(int partner, std::span<std::byte> in) const;

  /// Ends all ranks; may be called from the watchdog's thread (tried on Open MPI 4.1 and 5).
  [[noreturn]] void abort(int code) const;

  static std::string library_version();
  static std::string standard_version();

 private:
  int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1, node_ = 0, nodes_ = 1;
  std::function<void(const char*)> note_;
};

}  // namespace cardwise
