// SPDX-License-Identifier: Apache-2.0
// What a benchmark is written with: data, one function, and the Case that does the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/case_key.hpp"
#include "core/mix.hpp"
#include "device/device.hpp"
#include "device/kernel_source.hpp"

namespace cardwise {

class Case;
struct CaseState;

/// What the sizes of the standard set are derived from; the same on every rank, since keys are.
struct Sizes {
  DeviceClass device_class = DeviceClass::gpu;
  int level = 0;                       ///< 0 quick, 1 standard, 2 full (level_of)
  std::uint64_t memory_bytes = 0;      ///< of the smallest card
  std::uint64_t llc_bytes = 0;         ///< of the largest cache
  std::uint64_t allocation_bytes = 0;  ///< the API's largest, of the smallest card
  std::uint64_t max_bytes = 0;         ///< --max-bytes; 0 none
  int ranks = 1, ranks_per_node = 1;
  int replications = 1;  ///< copies of each kernel in the card's image (FPGA)

  bool at_least(int wanted) const { return level >= wanted; }
  bool is_gpu() const { return device_class == DeviceClass::gpu; }
  /// Main size of one of `arrays` arrays of a case, in bytes (methodology §2.3): a power of two.
  std::uint64_t array_bytes(int arrays) const;
  /// Main n of gemm.
  std::uint64_t gemm_n() const;
  /// Main size of a copy, in bytes.
  std::uint64_t copy_bytes() const;
  /// "dram" where `arrays` arrays of `bytes` are at least four times the cache, else "hot".
  std::string cache(int arrays, std::uint64_t bytes) const;
};

/// A benchmark is data plus one function. `cases` gives the parameters of each case, without
/// backend, variant and wv, which the run adds.
struct Benchmark {
  std::string family, name;
  int version = 1;  ///< wv of the case key: raised when the timed work changes
  std::function<std::vector<Params>(const Sizes&)> cases;
  void (*body)(Case&) = nullptr;
  bool cold = false;       ///< what is measured is the first time: nothing warms it up
  bool of_images = false;  ///< what only a prebuilt image has: loading it, its memory banks
};

/// Puts a benchmark into the program: `const Registrar r{{.family = …}};` in bench/NAME.cpp.
struct Registrar {
  explicit Registrar(Benchmark benchmark);
};

/// Cases over vectors of n elements: f32 at the main size of `arrays` arrays, f64 in `standard`
/// (`f64_in` 0: in `quick` already), a sweep of sizes that fit the cache in `full`.
std::function<std::vector<Params>(const Sizes&)> vectors(int arrays, int f64_in = 1,
                                                         Data data = Data::grid);

/// The same for planes of nx x ny and boxes of nx x ny x nz elements: powers of two, x longest.
std::function<std::vector<Params>(const Sizes&)> planes();
std::function<std::vector<Params>(const Sizes&)> boxes();

/// How a plane or box is cut into groups, by class of card (kernels/README.md).
struct Tiling {
  Defines defines;
  Grid grid;
};

/// The host's copy of an input: `x(i)` is what the card found at i.
struct Initial {
  Data data = Data::grid;
  std::uint64_t seed = 0;
  bool is_f32 = true;
  double operator()(std::uint64_t i) const { return data_value(data, seed, i, is_f32); }
};

/// In a reference: the kernel does not write this element, the poison must still be there.
inline constexpr double untouched = std::numeric_limits<double>::quiet_NaN();

/// One visit of a case, as its benchmark sees it: describe (buffers, kernels, work, expectations),
/// then measure() as the last statement. Anything may throw: Skip where the case cannot run here,
/// Error where something failed; the run turns both into statuses on all ranks.
class Case {
 public:
  explicit Case(CaseState& state) : state_(state) {}
  ~Case() = default;
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  // Parameters
  std::uint64_t size(const std::string& name) const;
  std::string text(const std::string& name) const;
  bool has(const std::string& name) const;
  bool is_f32() const;
  std::size_t element_bytes() const;
  Device& device();
  /// A GPU moves 16 bytes a work-item; a CPU one element, since width gives it nothing.
  bool is_gpu() const;
  /// Elements a work-item moves when there are `n`: 16 bytes' worth on GPUs, where it divides n.
  int width(std::uint64_t n) const;

  // Buffers, owned by the visit
  /// n elements of the case's type, filled on the card.
  Buffer& input(std::uint64_t n, Data data = Data::grid);
  /// n elements, poisoned (0xFF) before the timed block, so that a card that did nothing is seen.
  Buffer& output(std::uint64_t n);
  /// `bytes` of device memory that hold the pattern mix(seed, word).
  Buffer& pattern(std::uint64_t bytes);
  /// `bytes` of device memory, poisoned before the block.
  Buffer& raw_output(std::uint64_t bytes);
  /// `bytes` of device memory, zero.
  Buffer& zeros(std::uint64_t bytes);
  /// `bytes` of pinned host memory.
  Buffer& pinned(std::uint64_t bytes);
  Initial initial(const Buffer& input) const;
  /// Host memory full of the pattern `seed`, by all of this rank's CPUs.
  void fill_host_pattern(std::span<std::byte> memory, std::uint64_t seed);

  // Kernels
  /// kernels/NAME.cl's cw_NAME with REAL, WIDTH and GROUP set for `n` elements, and TAIL where n
  /// needs it. `more` adds or replaces definitions.
  Kernel& kernel(const std::string& name, std::uint64_t n, const Defines& more = {});
  /// The range that goes with it.
  Grid cover(std::uint64_t n) const;
  Tiling tile_plane(std::uint64_t nx, std::uint64_t ny) const;
  Tiling tile_box(std::uint64_t nx, std::uint64_t ny, std::uint64_t nz) const;
  /// Like kernel(), with exactly REAL and `defines`.
  Kernel& kernel_with(const std::string& name, const Defines& defines);
  Arg real(double value) const;
  /// From here on buffers and kernels are those of copy `number` of an FPGA image, at its own bank.
  void replica(int number);

  // Work of one launch on one rank
  void moves(double bytes, double traffic = -1);  ///< traffic: bytes if not said
  void computes(double flops);

  // Expectations, checked after each block over all elements
  /// `reference(i)` is the element i of `buffer`, exact in the case's type.
  template <class Reference>
  void expect(Buffer& buffer, Reference reference) {
    expect_block(buffer, 0, chunk_of(reference));
  }
  /// The same for a buffer that accumulates and comes back to where it was every `cycle` launches:
  /// what stands there after 1, 1 + cycle, 1 + 2 cycle … of them. A cycle that does not divide the
  /// launches of a block (32 x a power of two) shows a block in which nothing ran.
  template <class Reference>
  void expect_after(std::uint64_t cycle, Buffer& buffer, Reference reference) {
    expect_block(buffer, cycle, chunk_of(reference));
  }
  /// The timed work leaves no data behind (a compiler, an allocation): nothing can be checked.
  void expect_nothing();
  /// 64-bit words that must hold the pattern `seed`, on the card or in host memory.
  void expect_pattern(Buffer& buffer, std::uint64_t seed);
  void expect_host_pattern(std::span<const std::byte> memory, std::uint64_t seed);
  std::uint64_t pattern_seed(const Buffer& pattern) const;
  /// The seed of the buffer that rank `rank` made at the same place.
  std::uint64_t pattern_seed_of(const Buffer& pattern, int rank) const;
  /// C = A * B by Freivalds' algorithm (methodology §3), integers once, random data every block.
  void expect_product(Buffer& c, Buffer& a, Buffer& b, std::uint64_t m, std::uint64_t n,
                      std::uint64_t k);
  /// Any other check: returns what is wrong, or nothing.
  void expect_that(std::function<std::optional<std::string>()> check);
  /// The counter buffer (one u64) must have counted every launch of the visit.
  void expect_launch_count(Buffer& counter);

  // Measuring: the last statement of a benchmark
  using Launch = std::function<void(Queue&, std::uint64_t i)>;
  using Work = std::function<void(std::uint64_t i)>;
  /// Device clock: B launches between two marks; i counts all launches of the visit.
  void measure(const Launch& launch);
  /// Host clock: `work(i)` returns when the i-th piece of work is done; `before(i)`, untimed,
  /// prepares it (B = 1 then).
  void measure_host(const Work& work, const Work& before = {});
  /// The work tells its own nanoseconds, from stamps of the API; negative: no sample.
  void measure_stamps(const std::function<std::int64_t(std::uint64_t i)>& work);
  /// Fixes B (B = 1: single operations); without it B is calibrated.
  void launches_per_sample(std::uint64_t launches);
  /// false: this rank takes part, and its samples are marked invalid (a partner's clock counts).
  void counts_only(bool condition);

  // Several queues, and other ranks
  Queue& queue();
  Queue& second_queue();
  /// A queue a copy, so that all of them run at once; without stamps.
  Queue& queue_of_replica(int number);
  /// For work under the host's clock: no stamps, no cost of stamps.
  Queue& untimed_queue();
  int rank() const;
  int ranks() const;
  /// The rank that this one exchanges with, or -1: ranks 2k and 2k + 1 are partners.
  int partner() const;
  void send(std::span<const std::byte> out);
  void receive(std::span<std::byte> in);
  void sum_over_ranks(std::span<float> values);
  /// Nanoseconds that opening the card took at start, once; then -1 (api, phase=open).
  std::int64_t open_ns();
  /// Nanoseconds that loading this case's image took at start, once; then -1.
  std::int64_t image_load_ns();
  /// The card's kernels are single work-items: a group's share is the whole.
  bool single_work_item() const;
  /// A number that no earlier run or rank has had, for names that no cache may know.
  std::uint64_t unique() const;

 private:
  using Chunk = std::function<void(std::uint64_t begin, std::uint64_t end, double* out)>;
  template <class Reference>
  static Chunk chunk_of(Reference reference) {
    return [reference](std::uint64_t begin, std::uint64_t end, double* out) {
      for (std::uint64_t i = begin; i < end; ++i) out[i - begin] = reference(i);
    };
  }
  void expect_block(Buffer& buffer, std::uint64_t cycle, Chunk chunk);

  CaseState& state_;
};

}  // namespace cardwise
