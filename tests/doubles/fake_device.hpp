// SPDX-License-Identifier: Apache-2.0
// A card in memory: kernels are C++ functions, time is scripted. Nothing here needs a driver.
//
//   FakeCard card;                                        // the script and the log
//   card.kernels["cw_double"] = [](const FakeLaunch& l) {
//     for (float& x : l.array<float>(1)) x *= 2;          // argument 1; argument 0 is n
//   };
//   card.launch_ns = [](const std::string& entry, std::uint64_t i) { return 1000; };
//   std::unique_ptr<Device> device = std::make_unique<FakeDevice>(card);
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "device/device.hpp"
#include "device/kernel_source.hpp"

namespace cardwise::test {

/// Memory that was freed, by its size: as on a card, a new buffer holds what an old one did.
using FreedMemory = std::map<std::size_t, std::vector<std::vector<std::byte>>>;

class FakeBuffer : public Buffer {
 public:
  FakeBuffer(std::size_t bytes, Memory memory, FreedMemory& freed)
      : memory_(memory), freed_(freed[bytes]) {
    if (freed_.empty()) freed_.emplace_back(bytes);
    data_ = std::move(freed_.back());
    freed_.pop_back();
  }
  FakeBuffer(const FakeBuffer&) = delete;
  FakeBuffer& operator=(const FakeBuffer&) = delete;
  ~FakeBuffer() override { freed_.push_back(std::move(data_)); }
  std::size_t bytes() const override { return data_.size(); }
  std::byte* host() override { return memory_ == Memory::pinned ? data_.data() : nullptr; }
  std::span<std::byte> data() { return data_; }

 private:
  std::vector<std::byte> data_;
  Memory memory_;
  std::vector<std::vector<std::byte>>& freed_;
};

/// One launch as a kernel's body sees it.
struct FakeLaunch {
  const Defines& defines;
  const Grid& grid;
  std::vector<Arg> args;

  /// The value of a define, or "" where it is not set.
  std::string define(const std::string& name) const {
    for (const auto& [key, value] : defines)
      if (key == name) return value;
    return "";
  }
  /// Argument `i`, a number of exactly this type.
  template <class Number>
  Number number(std::size_t i) const {
    if (args.at(i).buffer() != nullptr || args[i].size() != sizeof(Number))
      throw Error("argument " + std::to_string(i) + " is no number of that size");
    Number value;
    std::memcpy(&value, args[i].data(), sizeof value);
    return value;
  }
  /// Argument `i`, a buffer seen as an array of `n` elements (0: all of it).
  template <class Element>
  std::span<Element> array(std::size_t i, std::uint64_t n = 0) const {
    auto& buffer = dynamic_cast<FakeBuffer&>(*args.at(i).buffer());
    const std::size_t most = buffer.bytes() / sizeof(Element);
    if (n > most) throw Error("argument " + std::to_string(i) + " is too short");
    return {reinterpret_cast<Element*>(buffer.data().data()), n == 0 ? most : n};
  }
};

using FakeKernelBody = std::function<void(const FakeLaunch&)>;

/// An OpenCL CPU with two units, groups of 64 and 1 GiB.
inline DeviceInfo small_cpu() {
  DeviceInfo info;
  info.backend = "opencl";
  info.index = 0;
  info.device_class = DeviceClass::cpu;
  info.name = "fake card";
  info.memory_bytes = std::int64_t{1} << 30;
  info.max_group_size = 64;
  info.compute_units = 2;
  info.f64 = true;
  return info;
}

/// What a card can do, how long it takes, and what was asked of it. Outlives devices and buffers.
struct FakeCard {
  std::map<std::string, FakeKernelBody> kernels;  ///< by entry; others do not build
  /// Nanoseconds of the i-th launch (from 0) of an entry.
  std::function<std::int64_t(const std::string& entry, std::uint64_t i)> launch_ns =
      [](const std::string&, std::uint64_t) { return 1000; };
  DeviceInfo info = small_cpu();

  std::int64_t now_ns = 0;                        ///< the card's clock
  FreedMemory freed;                              ///< what new buffers are made of
  std::map<std::string, std::uint64_t> launches;  ///< so far, by entry
  std::map<std::string, int> calls;               ///< allocate, write, read, copy, fill, mark, wait
};

class FakeKernel : public Kernel {
 public:
  FakeKernel(std::string entry, Defines defines, const FakeKernelBody& body)
      : entry_(std::move(entry)), defines_(std::move(defines)), body_(body) {}
  const std::string& entry() const override { return entry_; }
  const std::string& binary_sha256() const override { return no_binary_; }
  void run(const Grid& grid, std::vector<Arg> args) const {
    body_({.defines = defines_, .grid = grid, .args = std::move(args)});
  }

 private:
  std::string entry_, no_binary_;
  Defines defines_;
  const FakeKernelBody& body_;
};

struct FakeMark : Event {
  explicit FakeMark(std::int64_t t) : ns(t) {}
  std::int64_t ns;
};

/// Works at once; wait() only counts.
class FakeQueue : public Queue {
 public:
  explicit FakeQueue(FakeCard& card) : card_(card) {}

  void launch(Kernel& kernel, const Grid& grid, std::initializer_list<Arg> args) override {
    const std::string& entry = kernel.entry();
    dynamic_cast<FakeKernel&>(kernel).run(grid, args);
    card_.now_ns += card_.launch_ns(entry, card_.launches[entry]++);
  }
  void write(Buffer& to, std::span<const std::byte> from, std::size_t offset) override {
    ++card_.calls["write"];
    if (!from.empty()) std::memcpy(part(to, offset, from.size()), from.data(), from.size());
  }
  void read(std::span<std::byte> to, Buffer& from, std::size_t offset) override {
    ++card_.calls["read"];
    if (!to.empty()) std::memcpy(to.data(), part(from, offset, to.size()), to.size());
  }
  void copy(Buffer& to, Buffer& from, std::size_t bytes) override {
    ++card_.calls["copy"];
    std::memcpy(part(to, 0, bytes), part(from, 0, bytes), bytes);
  }
  void fill(Buffer& to, std::uint8_t value, std::size_t offset, std::size_t bytes) override {
    ++card_.calls["fill"];
    std::memset(part(to, offset, bytes), value, bytes);
  }
  std::unique_ptr<Event> mark() override {
    ++card_.calls["mark"];
    return std::make_unique<FakeMark>(card_.now_ns);
  }
  void flush() override {}
  void wait() override { ++card_.calls["wait"]; }

 private:
  static std::byte* part(Buffer& buffer, std::size_t offset, std::size_t bytes) {
    auto& fake = dynamic_cast<FakeBuffer&>(buffer);
    if (offset + bytes > fake.bytes()) throw Error("beyond the end of a buffer");
    return fake.data().data() + offset;
  }

  FakeCard& card_;
};

class FakeDevice : public Device {
 public:
  explicit FakeDevice(FakeCard& card) : card_(card) {}
  const DeviceInfo& info() const override { return card_.info; }
  std::unique_ptr<Queue> queue() override { return std::make_unique<FakeQueue>(card_); }
  std::unique_ptr<Buffer> allocate(std::size_t bytes, Memory memory) override {
    ++card_.calls["allocate"];
    return std::make_unique<FakeBuffer>(bytes, memory, card_.freed);
  }
  std::unique_ptr<Kernel> load(const KernelSource&, const std::string& entry,
                               const Defines& defines) override {
    const auto body = card_.kernels.find(entry);
    if (body == card_.kernels.end()) throw Error("build of " + entry + " failed: no such kernel");
    return std::make_unique<FakeKernel>(entry, defines, body->second);
  }
  std::int64_t elapsed_ns(const Event& start, const Event& end) override {
    return dynamic_cast<const FakeMark&>(end).ns - dynamic_cast<const FakeMark&>(start).ns;
  }
  std::int64_t dispatch_ns(const Event&) override { return 0; }

 private:
  FakeCard& card_;
};

}  // namespace cardwise::test
