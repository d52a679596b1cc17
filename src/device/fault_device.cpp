// SPDX-License-Identifier: Apache-2.0
// Plants faults in the calls of a Device and its Queues. Buffers and kernels stay the inner ones.
#include "device/fault_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

#include "core/error.hpp"
#include "device/fault_data.hpp"
#include "device/kernel_source.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

void sleep_ms(double ms) {
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

/// How often planted hangs were released.
std::atomic<int> releases{0};

/// Until a release after `begun`, the number of releases when the device was opened.
void hang(int begun) {
  while (releases == begun) sleep_ms(20);
}

std::vector<Fault> faults_of_environment() {
  const char* text = std::getenv("CARDWISE_FAULT");
  return text == nullptr ? std::vector<Fault>{} : parse_faults(text);
}

bool is_harness_kernel(const std::string& entry) {
  return entry.starts_with("cw_data_") || entry == "cw_checksum";
}

/// A mark, and what slow launches have cost up to it.
struct FaultEvent : Event {
  std::unique_ptr<Event> inner;
  double slow_ms = 0;  ///< sum of all launches' ms so far
  double factor = 1;   ///< of the last launch before it
};

struct PlantedFault {
  Fault what;
  std::uint64_t calls = 0;
};

/// Results that are wrong as soon as somebody looks: corrupting at the launch would cost a read of
/// the buffer per launch, and a bit flipped after each of an even number of launches is right
/// again.
struct Spoiled {
  FaultKind kind;
  std::string entry;  ///< whose launch spoiled it; "" a copy or write
  std::size_t element_bytes = 4;
};

/// The faults of one device, shared with its queues.
class Plan {
 public:
  Plan(std::vector<Fault> faults, const DeviceInfo& info, PlaceOf place_of)
      : info_(info), place_of_(std::move(place_of)) {
    for (Fault& fault : faults) {
      keeps_reads = keeps_reads || fault.kind == FaultKind::previous;
      faults_.push_back({std::move(fault)});
    }
  }

  /// Counts the call for every fault that it matches and does what needs no more than the call:
  /// throw, hang, crash, sleep. The fault that is left to the caller (skip, slow launches, wrong
  /// data, timer), or null.
  const Fault* hit(FaultCall call, const std::string& entry = "") {
    const Fault* left = nullptr;
    for (PlantedFault& planted : faults_) {
      const Fault& f = planted.what;
      if (f.call != call || !entry_matches(f, entry)) continue;
      if (!is_here(f)) continue;
      ++planted.calls;
      if (planted.calls < f.nth || planted.calls - f.nth >= f.count) continue;
      if (act(f, planted.calls, entry)) left = &f;
    }
    return left;
  }

  std::map<const Kernel*, std::size_t> element_bytes;
  std::map<const Buffer*, Spoiled> spoiled;
  bool keeps_reads = false;
  std::map<std::size_t, std::vector<std::byte>> last_read;  ///< by its size

 private:
  bool is_here(const Fault& f) const {
    if (f.step.empty() && f.visit == 0) return true;
    if (!place_of_) return false;
    const FaultPlace place = place_of_();
    return (f.step.empty() || place.step == f.step) && (f.visit == 0 || place.visit == f.visit);
  }

  static bool entry_matches(const Fault& f, const std::string& entry) {
    if (f.entry.empty()) return !is_harness_kernel(entry);
    return f.entry == "*" || f.entry == entry;
  }

  std::string what(const Fault& f, std::uint64_t number, const std::string& entry) const {
    return fmt::format("planted fault: {} in {} number {}{} on {}", name_of(f.kind),
                       name_of(f.call), number, entry.empty() ? "" : " of " + entry, info_.name);
  }

  /// True where the caller has to do it.
  bool act(const Fault& f, std::uint64_t number, const std::string& entry) const {
    switch (f.kind) {
      case FaultKind::error:
        if (f.call == FaultCall::load)
          throw Error(what(f, number, entry) + "\nbuild log:\n" + entry +
                      ":1:1: error: planted by CARDWISE_FAULT");
        throw Error(what(f, number, entry));
      case FaultKind::lost:
        throw Error(what(f, number, entry) + ": device lost", true);
      case FaultKind::oom:
        throw Error(what(f, number, entry) + ": out of memory");
      case FaultKind::hang:
        hang(releases_before_);
        throw Error(what(f, number, entry) + ": released");
      case FaultKind::abort:
        std::abort();
      case FaultKind::segv:
        std::raise(SIGSEGV);
        return false;
      case FaultKind::slow:
        if (f.call == FaultCall::launch) return true;
        sleep_ms(f.ms);
        return false;
      default:
        return true;
    }
  }

  const DeviceInfo& info_;
  const PlaceOf place_of_;
  const int releases_before_ = releases;
  std::vector<PlantedFault> faults_;
};

class FaultQueue : public Queue {
 public:
  FaultQueue(std::unique_ptr<Queue> inner, std::shared_ptr<Plan> plan)
      : inner_(std::move(inner)), plan_(std::move(plan)) {}

  void launch(Kernel& kernel, const Grid& grid, std::initializer_list<Arg> args) override {
    Buffer* output = nullptr;
    for (const Arg& arg : args)
      if (Buffer* buffer = arg.buffer()) {
        look_at(*buffer, kernel.entry());
        output = buffer;  // the last buffer is the output, by the kernels' convention
      }
    const Fault* fault = plan_->hit(FaultCall::launch, kernel.entry());
    factor_ = 1;
    if (fault != nullptr && fault->kind == FaultKind::skip) return;
    if (fault != nullptr && fault->kind == FaultKind::slow) {
      factor_ = fault->factor;
      slow_ms_ += fault->ms;
      owed_ms_ += fault->ms;
    }
    if (!busy_since_) busy_since_ = Clock::now();
    inner_->launch(kernel, grid, args);
    if (fault != nullptr && fault->is_wrong_data() && output != nullptr)
      plan_->spoiled[output] = {fault->kind, kernel.entry(), plan_->element_bytes[&kernel]};
  }

  void write(Buffer& to, std::span<const std::byte> from, std::size_t offset) override {
    arrive(to, offset, plan_->hit(FaultCall::write), [&] { inner_->write(to, from, offset); });
  }

  void read(std::span<std::byte> to, Buffer& from, std::size_t offset) override {
    const Fault* fault = plan_->hit(FaultCall::read);
    look_at(from, "");
    if (fault != nullptr && fault->kind == FaultKind::skip) return;
    inner_->read(to, from, offset);
    if (fault == nullptr && !plan_->keeps_reads) return;
    inner_->wait();
    std::vector<std::byte>& last = plan_->last_read[to.size()];
    if (fault != nullptr && fault->kind == FaultKind::previous)
      std::copy(last.begin(), last.end(), to.begin());
    else if (fault != nullptr)
      spoil(to, fault->kind, 4, false);
    if (plan_->keeps_reads) last.assign(to.begin(), to.end());
  }

  void copy(Buffer& to, Buffer& from, std::size_t bytes) override {
    const Fault* fault = plan_->hit(FaultCall::copy);
    look_at(from, "");
    arrive(to, 0, fault, [&] { inner_->copy(to, from, bytes); });
  }

  void fill(Buffer& to, std::uint8_t value, std::size_t offset, std::size_t bytes) override {
    arrive(to, offset, plan_->hit(FaultCall::fill),
           [&] { inner_->fill(to, value, offset, bytes); });
  }

  std::unique_ptr<Event> mark() override {
    plan_->hit(FaultCall::mark);
    auto event = std::make_unique<FaultEvent>();
    event->inner = inner_->mark();
    event->slow_ms = slow_ms_;
    event->factor = factor_;
    return event;
  }

  void flush() override { inner_->flush(); }

  /// Slow launches are slept for here, together: a sleep after each would stand between the
  /// device's own marks too, and count twice.
  void wait() override {
    plan_->hit(FaultCall::wait);
    inner_->wait();
    if (busy_since_) {
      const std::chrono::duration<double, std::milli> busy = Clock::now() - *busy_since_;
      const double more = owed_ms_ + (factor_ - 1) * busy.count();
      if (more > 0) sleep_ms(more);
    }
    busy_since_.reset();
    owed_ms_ = 0;
  }

 private:
  /// Something is done that overwrites `to` from `offset` on.
  template <class Work>
  void arrive(Buffer& to, std::size_t offset, const Fault* fault, Work&& work) {
    if (fault != nullptr && fault->kind == FaultKind::skip) return;
    work();
    if (offset == 0) plan_->spoiled.erase(&to);
    if (fault != nullptr && fault->is_wrong_data()) plan_->spoiled[&to] = {fault->kind, ""};
  }

  /// `buffer` is used by `entry` ("": read or copied): what a fault made of it becomes true now.
  void look_at(Buffer& buffer, const std::string& entry) {
    const auto found = plan_->spoiled.find(&buffer);
    if (found == plan_->spoiled.end()) return;
    if (entry.empty() || entry != found->second.entry) spoil_now(buffer, found->second);
  }

  // NOLINTNEXTLINE(performance-unnecessary-value-param): a copy, since the original is erased
  void spoil_now(Buffer& buffer, const Spoiled how) {
    plan_->spoiled.erase(&buffer);
    inner_->wait();
    if (std::byte* host = buffer.host()) {
      spoil({host, buffer.bytes()}, how.kind, how.element_bytes, false);
      return;
    }
    std::vector<std::byte> bytes(buffer.bytes());
    inner_->read(bytes, buffer);
    inner_->wait();
    spoil(bytes, how.kind, how.element_bytes, bytes.size() > fault_guard_bytes);
    inner_->write(buffer, bytes);
    inner_->wait();
  }

  std::unique_ptr<Queue> inner_;
  std::shared_ptr<Plan> plan_;
  std::optional<Clock::time_point> busy_since_;
  double factor_ = 1, slow_ms_ = 0, owed_ms_ = 0;
};

class FaultDevice : public Device {
 public:
  FaultDevice(std::unique_ptr<Device> inner, std::vector<Fault> faults, PlaceOf place_of)
      : inner_(std::move(inner)),
        plan_(std::make_shared<Plan>(std::move(faults), inner_->info(), std::move(place_of))) {}

  const DeviceInfo& info() const override { return inner_->info(); }

  std::unique_ptr<Queue> queue() override {
    plan_->hit(FaultCall::queue);
    return std::make_unique<FaultQueue>(inner_->queue(), plan_);
  }

  std::unique_ptr<Buffer> allocate(std::size_t bytes, Memory memory) override {
    plan_->hit(FaultCall::allocate);
    std::unique_ptr<Buffer> buffer = inner_->allocate(bytes, memory);
    plan_->spoiled.erase(buffer.get());  // of a buffer that lived at this address before
    return buffer;
  }

  std::unique_ptr<Kernel> load(const KernelSource& source, const std::string& entry,
                               const Defines& defines) override {
    plan_->hit(FaultCall::load, entry);
    std::unique_ptr<Kernel> kernel = inner_->load(source, entry, defines);
    const bool wide = std::any_of(defines.begin(), defines.end(), [](const auto& define) {
      return define.second == "double" || define.second == "u64";
    });
    plan_->element_bytes[kernel.get()] = wide ? 8 : 4;
    return kernel;
  }

  std::int64_t elapsed_ns(const Event& start, const Event& end) override {
    const Fault* fault = plan_->hit(FaultCall::elapsed);
    const auto& a = static_cast<const FaultEvent&>(start);
    const auto& b = static_cast<const FaultEvent&>(end);
    const double ns =
        double(inner_->elapsed_ns(*a.inner, *b.inner)) * b.factor + (b.slow_ms - a.slow_ms) * 1e6;
    return shown(fault, std::int64_t(ns));
  }

  std::int64_t dispatch_ns(const Event& start) override {
    const Fault* fault = plan_->hit(FaultCall::elapsed);
    return shown(fault, inner_->dispatch_ns(*static_cast<const FaultEvent&>(start).inner));
  }

 private:
  /// Zero and equal stamps both make a window of nothing; reversed ones a negative one, as from a
  /// backend that does not look.
  static std::int64_t shown(const Fault* fault, std::int64_t ns) {
    if (fault == nullptr) return ns;
    if (fault->kind == FaultKind::timer_reversed) return -ns;
    return fault->kind == FaultKind::timer_wrapped ? ns - (std::int64_t{1} << 32) : 0;
  }

  std::unique_ptr<Device> inner_;
  std::shared_ptr<Plan> plan_;
};

}  // namespace

std::unique_ptr<Device> with_planted_faults(std::unique_ptr<Device> device, int rank,
                                            const std::vector<Fault>& faults, PlaceOf place_of) {
  std::vector<Fault> mine;
  std::copy_if(faults.begin(), faults.end(), std::back_inserter(mine), [&](const Fault& f) {
    return f.kind != FaultKind::same_card && (!f.rank || *f.rank == rank) &&
           (f.backend.empty() || f.backend == device->info().backend);
  });
  if (mine.empty()) return device;
  return std::make_unique<FaultDevice>(std::move(device), std::move(mine), std::move(place_of));
}

std::unique_ptr<Device> with_environments_faults(std::unique_ptr<Device> device, int rank,
                                                 PlaceOf place_of) {
  const std::vector<Fault> faults = faults_of_environment();
  return with_planted_faults(std::move(device), rank, faults, std::move(place_of));
}

std::string planted_identity(int rank) {
  for (const Fault& f : faults_of_environment())
    if (f.kind == FaultKind::same_card && (!f.rank || *f.rank == rank)) return "planted-same-card";
  return "";
}

void release_planted_hangs() { ++releases; }

}  // namespace cardwise
