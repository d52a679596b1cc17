// SPDX-License-Identifier: Apache-2.0
// What the lying layer is asked for, and when: the grammar of CARDWISE_LYING_OPENCL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lying_opencl {

enum class Call { create, build, allocate, write, launch, wait, read, profile, identity };

enum class Kind {
  error,  ///< the call answers `code`
  hang,   ///< it never returns
  crash,  ///< it ends the process by SIGSEGV
  skip,   ///< it says success and does nothing
  // Of a read: what arrives is not what is on the card.
  bit,
  zero,
  nan,
  constant,
  previous,  ///< what the read of as many bytes before it gave
  // Of a profiling query.
  stamps_zero,
  stamps_equal,
  stamps_reversed,
  stamps_wrapped,  ///< a 32-bit counter of ns that runs over in every window
  longer,          ///< a launch takes `percent` longer
  steady,          ///< a launch takes `ns`, whatever it took
  same_identity,   ///< every device shows one name, UUID and PCI address, as a GPU's
};

/// One lie of this rank.
struct Lie {
  Kind kind = Kind::error;
  Call call = Call::launch;
  int rank = -1;      ///< -1: all
  std::string entry;  ///< "" every kernel but the harness's own
  std::string step;   ///< "" any
  int visit = 0;      ///< 0: any
  std::uint64_t nth = 1, count = ~std::uint64_t{0};
  int code = -5;            ///< CL_OUT_OF_RESOURCES
  double percent = 10;      ///< of `longer`
  bool together = false;    ///< of `longer`: only while another rank works as well
  double ns = 1e6;          ///< of `steady`
  double jitter = 0;        ///< of `steady`: per cent by which a window differs at most
  std::uint64_t seed = 1;   ///< of `steady`; each rank has a generator of its own
  std::uint64_t calls = 0;  ///< that matched so far
  std::uint64_t told = 0;   ///< of them, lied to
};

/// `kind=…,key=value,…` lies separated by ';', as in CARDWISE_FAULT:
///   kind   error hang crash skip bit zero nan constant previous stamps-zero stamps-equal
///          stamps-reversed stamps-wrapped longer steady same-identity
///   call   create build allocate write launch wait read profile; default as the kind wants it
///   rank entry step visit nth count   as in CARDWISE_FAULT; step: set-up warm-up measure verify,
///          as far as the calls tell it (see Steps)
///   code   error: the answer, -5 (out of resources) if not said
///   percent, while=others-work   longer: by how much, and only while another rank works as well
///          (CARDWISE_LYING_OPENCL_SHARED names the file by which they know); visit=N: only once
///   ns jitter seed   steady: the stamps of a window say that each launch took `ns` nanoseconds,
///          the window up to `jitter` per cent more or less, and the host waits as long: a double
///          for a fleet of quiet cards. `longer` comes on top of it
/// Ends the process with a message where it cannot be read: a double that lies less than asked for
/// would let a test pass.
std::vector<Lie> parse_lies(std::string_view text);

/// World rank by the launcher's variables; 0 without one.
int rank_of_process();
int ranks_of_job();

/// The step of a visit, guessed from the calls: nobody tells a runtime. A guard behind a buffer is
/// filled in set-up; the first launch of a benchmark's kernel begins the warm-up; a wait for
/// nothing but fills the block; whatever comes after 32 windows, or is no launch, the check.
class Steps {
 public:
  void filled(std::uint8_t byte);
  void launched(bool harness);
  void finished();
  /// An allocation, a new kernel or a read.
  void other();
  const std::string& step() const { return step_; }
  int visit() const { return visit_; }

 private:
  std::string step_ = "start";
  int visit_ = 0, windows_ = 0;
  bool launched_since_finish_ = false;
};

/// Makes the bytes of a read wrong, as `kind` says.
void spoil(unsigned char* data, std::size_t bytes, Kind kind);

/// Whether a write is what a runtime without clEnqueueFillBuffer has instead: a guard's bytes, or
/// the poison's.
bool is_fill(const void* from, std::size_t bytes);

/// Kernels of the harness itself, the portable ones and an image's.
bool is_harness(const std::string& entry);

}  // namespace lying_opencl
