// SPDX-License-Identifier: Apache-2.0
// The decorator on a FakeDevice: counts, filters, and what each kind does.
#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>

#include "device/fault_device.hpp"
#include "doubles/fake_kernels.hpp"

namespace cardwise::test {
namespace {

/// y += x over 8 floats, x = 1, on a card with planted faults.
class Rig {
 public:
  explicit Rig(const std::string& faults, int rank = 0)
      : device(with_planted_faults(std::make_unique<FakeDevice>(card), rank, parse_faults(faults),
                                   [this] {
                                     return FaultPlace{step, visit};
                                   })),
        queue(device->queue()) {
    for (auto* buffer : {&x, &y}) *buffer = device->allocate(n * 4, Memory::device);
    kernel = device->load({}, "cw_saxpy", {{"REAL", "float"}});
    write(*x, 1);
    write(*y, 0);
  }
  void write(Buffer& buffer, float value) {
    const std::vector<float> values(n, value);
    queue->write(buffer, std::as_bytes(std::span(values)), 0);
    queue->wait();
  }
  void launch(int times = 1) {
    for (int i = 0; i < times; ++i)
      queue->launch(*kernel, {{n, 1, 1}, {n, 1, 1}}, {n, 1.0f, *x, *y});
    queue->wait();
  }
  std::vector<float> read() {
    std::vector<float> values(n);
    queue->read(std::as_writable_bytes(std::span(values)), *y, 0);
    queue->wait();
    return values;
  }

  static constexpr std::uint64_t n = 8;
  std::string step = "set-up";
  int visit = 1;
  FakeCard card = fake_card();
  std::unique_ptr<Device> device;
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Buffer> x, y;
  std::unique_ptr<Kernel> kernel;
};

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return (error.device_lost ? "lost: " : "") + std::string(error.what());
  }
  return "";
}

bool is_plain(const std::unique_ptr<Device>& device) {
  return dynamic_cast<FakeDevice*>(device.get()) != nullptr;
}

TEST(FaultDevice, WithoutTheVariableTheDeviceStaysAsItIs) {
  FakeCard card;
  unsetenv("CARDWISE_FAULT");
  EXPECT_TRUE(is_plain(with_environments_faults(std::make_unique<FakeDevice>(card), 0)));
}

TEST(FaultDevice, FaultsOfOtherRanksAndBackendsLeaveItAsItIs) {
  FakeCard card;
  setenv("CARDWISE_FAULT", "kind=error,rank=2;kind=error,backend=cuda", 1);
  EXPECT_TRUE(is_plain(with_environments_faults(std::make_unique<FakeDevice>(card), 0)));
  EXPECT_FALSE(is_plain(with_environments_faults(std::make_unique<FakeDevice>(card), 2)));
  card.info.backend = "cuda";
  EXPECT_FALSE(is_plain(with_environments_faults(std::make_unique<FakeDevice>(card), 0)));
  unsetenv("CARDWISE_FAULT");
}

TEST(FaultDevice, AMalformedVariableIsAUsageErrorOnEveryRank) {
  FakeCard card;
  setenv("CARDWISE_FAULT", "rank=5,kind=nonsense", 1);
  EXPECT_THROW(with_environments_faults(std::make_unique<FakeDevice>(card), 0), UsageError);
  unsetenv("CARDWISE_FAULT");
}

TEST(FaultDevice, AnErrorComesFromTheNthCallOnAndNamesIt) {
  Rig rig("kind=error,call=launch,nth=3");
  rig.launch(2);

  EXPECT_EQ(error_of([&] { rig.launch(); }),
            "planted fault: error in launch number 3 of cw_saxpy on fake card");
  EXPECT_NE(error_of([&] { rig.launch(); }), "");
  EXPECT_EQ(rig.card.launches["cw_saxpy"], 2u);
}

TEST(FaultDevice, CountEndsIt) {
  Rig rig("kind=error,call=launch,nth=2,count=1");
  rig.launch();
  EXPECT_NE(error_of([&] { rig.launch(); }), "");
  EXPECT_EQ(error_of([&] { rig.launch(); }), "");
}

TEST(FaultDevice, ALostCardSaysSo) {
  Rig rig("kind=lost,call=wait,nth=3");
  EXPECT_TRUE(error_of([&] { rig.launch(); }).starts_with("lost: planted fault: lost in wait"));
}

TEST(FaultDevice, EveryCallCanFail) {
  for (const char* call : {"queue", "allocate", "load", "write"})
    EXPECT_NE(error_of([&] { Rig rig(std::string("kind=error,call=") + call); }), "") << call;
  Rig read("kind=error,call=read"), copy("kind=error,call=copy"), fill("kind=error,call=fill"),
      mark("kind=error,call=mark"), elapsed("kind=error,call=elapsed");
  EXPECT_NE(error_of([&] { read.read(); }), "");
  EXPECT_NE(error_of([&] { copy.queue->copy(*copy.y, *copy.x, 4); }), "");
  EXPECT_NE(error_of([&] { fill.queue->fill(*fill.y, 0, 0, 4); }), "");
  EXPECT_NE(error_of([&] { mark.queue->mark(); }), "");
  const auto a = elapsed.queue->mark(), b = elapsed.queue->mark();
  EXPECT_NE(error_of([&] { elapsed.device->elapsed_ns(*a, *b); }), "");
}

TEST(FaultDevice, ABuildFailureHasALog) {
  const std::string text = error_of([] { Rig rig("kind=error,call=load"); });
  EXPECT_NE(text.find("build log:\ncw_saxpy:1:1: error"), std::string::npos) << text;
}

TEST(FaultDevice, TheHarnessKernelsAreLeftOutUnlessNamed) {
  const auto load = [](const char* faults, const char* entry) {
    Rig rig(faults);
    return error_of([&] { rig.device->load({}, entry, {}); });
  };
  EXPECT_EQ(load("kind=error,call=load,nth=2", "cw_checksum"), "");
  EXPECT_NE(load("kind=error,call=load,nth=2", "cw_gemm"), "");
  EXPECT_NE(load("kind=error,call=load,entry=cw_checksum", "cw_checksum"), "");
  EXPECT_NE(load("kind=error,call=load,nth=2,entry=*", "cw_checksum"), "");
}

TEST(FaultDevice, SkippedLaunchesDoNothing) {
  Rig rig("kind=skip,nth=2,count=1");
  rig.launch(3);
  EXPECT_EQ(rig.read(), std::vector<float>(8, 2));
}

TEST(FaultDevice, WrongDataAreSeenByTheReader) {
  Rig rig("kind=last");
  rig.launch(3);
  EXPECT_EQ(rig.read(), (std::vector<float>{3, 3, 3, 3, 3, 3, 3, 4}));
  EXPECT_EQ(rig.read(), (std::vector<float>{3, 3, 3, 3, 3, 3, 3, 4})) << "and stay as they are";
}

/// What the checksum kernel makes of saxpy's result.
std::uint64_t checksum_under(const std::string& faults) {
  constexpr std::uint64_t nonce = 5;
  Rig rig(faults);
  rig.launch();
  const auto sums = rig.device->allocate(8, Memory::device);
  const auto checksum = rig.device->load({}, "cw_checksum", {{"WORD", "u32"}});
  rig.queue->launch(*checksum, {{1, 1, 1}, {1, 1, 1}}, {Rig::n, nonce, *rig.y, *sums});
  std::uint64_t found = 0;
  rig.queue->read(std::as_writable_bytes(std::span(&found, 1)), *sums, 0);
  return found - mix(nonce, 0);
}

TEST(FaultDevice, WrongDataAreSeenByTheNextKernelToo) {
  std::uint64_t right = 0;
  for (std::uint64_t i = 0; i < Rig::n; ++i) right += mix(i, std::bit_cast<std::uint32_t>(1.0f));
  EXPECT_EQ(checksum_under("kind=skip,entry=none"), right);
  EXPECT_NE(checksum_under("kind=first,entry=cw_saxpy"), right);
}

TEST(FaultDevice, OverwrittenWrongDataAreGone) {
  Rig rig("kind=zero");
  rig.launch();
  rig.write(*rig.y, 7);
  EXPECT_EQ(rig.read(), std::vector<float>(8, 7));
}

TEST(FaultDevice, CopiesAndReadsCanBeWrong) {
  Rig copy("kind=first,call=copy"), read("kind=zero,call=read");
  copy.queue->copy(*copy.y, *copy.x, 32);
  read.launch();
  EXPECT_EQ(copy.read()[0], 2);
  EXPECT_EQ(read.read(), std::vector<float>(8, 0));
}

TEST(FaultDevice, PinnedMemoryIsSpoiledWhereItLies) {
  Rig rig("kind=first,call=copy");
  const auto pinned = rig.device->allocate(32, Memory::pinned);
  rig.queue->copy(*pinned, *rig.x, 32);
  rig.queue->copy(*rig.y, *pinned, 32);  // looks at it
  EXPECT_EQ(*reinterpret_cast<float*>(pinned->host()), 2);
}

TEST(FaultDevice, ASlowLaunchShowsOnTheDevicesClock) {
  const auto window = [](const char* faults) {
    Rig rig(faults);
    const auto start = rig.queue->mark();
    rig.queue->launch(*rig.kernel, {{8, 1, 1}, {8, 1, 1}}, {Rig::n, 1.0f, *rig.x, *rig.y});
    rig.queue->launch(*rig.kernel, {{8, 1, 1}, {8, 1, 1}}, {Rig::n, 1.0f, *rig.x, *rig.y});
    const auto end = rig.queue->mark();
    const auto before = std::chrono::steady_clock::now();
    rig.queue->wait();
    const auto host = std::chrono::steady_clock::now() - before;
    return std::pair{rig.device->elapsed_ns(*start, *end), host};
  };
  EXPECT_EQ(window("kind=error,nth=100").first, 2'000);
  EXPECT_EQ(window("kind=slow,factor=4").first, 8'000);
  EXPECT_EQ(window("kind=slow,ms=2").first, 4'002'000);
  EXPECT_GE(window("kind=slow,ms=2").second, std::chrono::milliseconds(4)) << "and on the host's";
  EXPECT_EQ(window("kind=slow,ms=2,nth=2").first, 2'002'000) << "from the second launch on";
}

TEST(FaultDevice, TimersLie) {
  const auto window = [](const char* faults) {
    Rig rig(faults);
    const auto start = rig.queue->mark();
    rig.launch();
    const auto end = rig.queue->mark();
    return rig.device->elapsed_ns(*start, *end);
  };
  EXPECT_EQ(window("kind=timer-zero"), 0);
  EXPECT_EQ(window("kind=timer-equal"), 0);
  EXPECT_EQ(window("kind=timer-reversed"), -1000);
  EXPECT_EQ(window("kind=timer-wrapped"), 1000 - (std::int64_t{1} << 32));
  EXPECT_EQ(window("kind=timer-zero,nth=2"), 1000);
}

TEST(FaultDeviceDeathTest, Crashes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(Rig("kind=abort").launch(), testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(Rig("kind=segv").launch(), testing::KilledBySignal(SIGSEGV), "");
}

TEST(FaultDevice, OutOfMemory) {
  EXPECT_NE(error_of([] { Rig rig("kind=oom,nth=2"); }).find("out of memory"), std::string::npos);
}

TEST(FaultDevice, AStepsFaultWaitsForThatStepAndCountsFromThere) {
  Rig rig("kind=error,step=measure,nth=2");
  rig.launch(5);
  rig.step = "measure";
  rig.launch();
  EXPECT_NE(error_of([&] { rig.launch(); }), "");
  rig.step = "verify";
  rig.launch();
}

TEST(FaultDevice, AVisitsFaultWaitsForThatVisit) {
  Rig rig("kind=error,step=measure,visit=2");
  rig.step = "measure";
  rig.launch();
  rig.visit = 2;
  EXPECT_NE(error_of([&] { rig.launch(); }), "");
  rig.visit = 3;
  rig.launch();
}

TEST(FaultDevice, AReadCanGiveWhatTheOneBeforeItGave) {
  Rig rig("kind=previous,nth=2");
  rig.launch();
  EXPECT_EQ(rig.read(), std::vector<float>(8, 1));
  rig.launch();
  EXPECT_EQ(rig.read(), std::vector<float>(8, 1)) << "and not 2";
}

}  // namespace
}  // namespace cardwise::test
