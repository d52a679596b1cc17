// SPDX-License-Identifier: Apache-2.0
// The collectives over MPI 3.1.
#include "ranks/comm.hpp"

#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "core/error.hpp"

namespace cardwise {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} << 20;  // a count is an int: 2 GiB is the end

void check(int code, const char* what) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Error(fmt::format("{}: {}", what, std::string(text, std::size_t(length))));
}

/// Tells the watchdog that this rank waits for others, as long as it lives.
class Waiting {
 public:
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  Waiting(const std::function<void(const char*)>& note, const char* what) : note_(note) {
    if (note_) note_(what);
  }
  ~Waiting() {
    if (note_) note_("");
  }

 private:
  const std::function<void(const char*)>& note_;
};

}  // namespace

Comm::Comm(int* argc, char*** argv) {
  int provided = 0;
  check(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);

  MPI_Comm local = MPI_COMM_NULL;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &local),
        "MPI_Comm_split_type");
  MPI_Comm_rank(local, &local_rank_);
  MPI_Comm_size(local, &local_size_);

  // A node is numbered by how many nodes have their lowest rank before it.
  const int leader = local_rank_ == 0 ? 1 : 0;
  int before = 0;
  MPI_Exscan(&leader, &before, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  node_ = rank_ == 0 ? 0 : before;
  MPI_Bcast(&node_, 1, MPI_INT, 0, local);
  MPI_Allreduce(&leader, &nodes_, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  MPI_Comm_free(&local);
}

Comm::~Comm() { MPI_Finalize(); }

Health Comm::agree(std::span<double> slowest, const Health& mine) const {
  const Waiting waiting(note_, "agree");
  const std::size_t n = slowest.size();
  std::vector<double> all(slowest.begin(), slowest.end());
  const double me = mine.failure ? double(size_ - rank_) : 0.0;  // the lowest rank is the largest
  all.push_back(mine.skip ? 0.0 : me);
  all.push_back(mine.skip ? me : 0.0);
  all.push_back(mine.device_lost);
  all.push_back(mine.stop);
  all.push_back(mine.checkpoint);
  check(
      MPI_Allreduce(MPI_IN_PLACE, all.data(), int(all.size()), MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD),
      "MPI_Allreduce");
  std::copy_n(all.begin(), n, slowest.begin());

  Health health{
      .device_lost = all[n + 2] > 0, .stop = all[n + 3] > 0, .checkpoint = all[n + 4] > 0};
  const double worst = all[n] > 0 ? all[n] : all[n + 1];
  if (worst > 0) {
    health.skip = all[n] == 0;
    health.failed_rank = size_ - int(worst);
    health.failure = broadcast(mine.failure.value_or(""), health.failed_rank);
  }
  return health;
}

std::string Comm::broadcast(std::string text, int from) const {
  const Waiting waiting(note_, "broadcast");
  std::uint64_t length = text.size();
  check(MPI_Bcast(&length, 1, MPI_UINT64_T, from, MPI_COMM_WORLD), "MPI_Bcast");
  text.resize(length);
  for (std::size_t at = 0; at < length; at += chunk_bytes)
    check(MPI_Bcast(text.data() + at, int(std::min(chunk_bytes, length - at)), MPI_CHAR, from,
                    MPI_COMM_WORLD),
          "MPI_Bcast");
  return text;
}

std::vector<std::string> Comm::gather(const std::string& mine) const {
  const Waiting waiting(note_, "gather");
  const std::uint64_t length = mine.size();
  std::vector<std::uint64_t> lengths(root() ? std::size_t(size_) : 0);
  check(MPI_Gather(&length, 1, MPI_UINT64_T, lengths.data(), 1, MPI_UINT64_T, 0, MPI_COMM_WORLD),
        "MPI_Gather");
  std::uint64_t longest = length;
  MPI_Allreduce(MPI_IN_PLACE, &longest, 1, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);

  std::vector<std::string> all(lengths.size());
  for (std::size_t r = 0; r < all.size(); ++r) all[r].resize(lengths[r]);

  // In slices, so that rank 0 never holds more than a chunk beside the result.
  const std::uint64_t slice = std::max<std::uint64_t>(1, chunk_bytes / std::uint64_t(size_));
  std::vector<int> counts(all.size()), offsets(all.size());
  std::vector<char> buffer;
  for (std::uint64_t at = 0; at < longest; at += slice) {
    const auto part = [&](std::uint64_t whole) {
      return whole > at ? int(std::min(slice, whole - at)) : 0;
    };
    int total = 0;
    for (std::size_t r = 0; r < all.size(); ++r) {
      counts[r] = part(lengths[r]);
      offsets[r] = total;
      total += counts[r];
    }
    buffer.resize(std::size_t(total));
    const char* from = part(length) > 0 ? mine.data() + at : mine.data();
    check(MPI_Gatherv(from, part(length), MPI_CHAR, buffer.data(), counts.data(), offsets.data(),
                      MPI_CHAR, 0, MPI_COMM_WORLD),
          "MPI_Gatherv");
    for (std::size_t r = 0; r < all.size(); ++r)
      std::copy_n(buffer.begin() + offsets[r], counts[r], all[r].begin() + long(at));
  }
  return all;
}

std::vector<std::int64_t> Comm::minimum(std::vector<std::int64_t> mine) const {
  const Waiting waiting(note_, "minimum");
  check(MPI_Allreduce(MPI_IN_PLACE, mine.data(), int(mine.size()), MPI_INT64_T, MPI_MIN,
                      MPI_COMM_WORLD),
        "MPI_Allreduce");
  return mine;
}

void Comm::barrier() const {
  const Waiting waiting(note_, "barrier");
  char out = 0, in = 0;
  for (int distance = 1; distance < size_; distance *= 2) {
    const int to = (rank_ + distance) % size_;
    const int from = (rank_ - distance + size_) % size_;
    MPI_Sendrecv(&out, 1, MPI_CHAR, to, distance, &in, 1, MPI_CHAR, from, distance, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);
  }
}

void Comm::sum(std::span<float> values) const {
  const Waiting waiting(note_, "sum");
  constexpr std::size_t step = std::size_t{1} << 30;
  for (std::size_t at = 0; at < values.size(); at += step)
    check(MPI_Allreduce(MPI_IN_PLACE, values.data() + at, int(std::min(step, values.size() - at)),
                        MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD),
          "MPI_Allreduce");
}

void Comm::exchange(int partner, std::span<const std::byte> out, std::span<std::byte> in) const {
  const Waiting waiting(note_, "exchange");
  const std::size_t longest = std::max(out.size(), in.size());
  for (std::size_t at = 0; at < longest; at += chunk_bytes) {
    const auto part = [&](std::size_t n) {
      return n > at ? int(std::min(chunk_bytes, n - at)) : 0;
    };
    check(MPI_Sendrecv(out.data() + at, part(out.size()), MPI_BYTE, partner, 1, in.data() + at,
                       part(in.size()), MPI_BYTE, partner, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE),
          "MPI_Sendrecv");
  }
}

void Comm::send(int partner, std::span<const std::byte> out) const {
  const Waiting waiting(note_, "send");
  for (std::size_t at = 0; at < out.size(); at += chunk_bytes)
    check(MPI_Send(out.data() + at, int(std::min(chunk_bytes, out.size() - at)), MPI_BYTE, partner,
                   2, MPI_COMM_WORLD),
          "MPI_Send");
}

void Comm::receive(int partner, std::span<std::byte> in) const {
  const Waiting waiting(note_, "receive");
  for (std::size_t at = 0; at < in.size(); at += chunk_bytes)
    check(MPI_Recv(in.data() + at, int(std::min(chunk_bytes, in.size() - at)), MPI_BYTE, partner, 2,
                   MPI_COMM_WORLD, MPI_STATUS_IGNORE),
          "MPI_Recv");
}

void Comm::abort(int code) const {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);  // NOLINT: MPI_Abort may return where the launcher is gone
}

std::string Comm::library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  return std::string(text, std::size_t(length));
}

std::string Comm::standard_version() {
  int major = 0, minor = 0;
  MPI_Get_version(&major, &minor);
  return fmt::format("{}.{}", major, minor);
}

}  // namespace cardwise
